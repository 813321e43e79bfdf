import { ConfigError, collectProblems, type Problem, type Problems } from '../errors/errors.ts'
import { readConfidential } from '../files/update.ts'
import { dotenvProblems } from '../read/dotenv-problems.ts'
import { type DotenvScan, scanDotenv } from '../read/dotenv-text.ts'
import { MERGE_CONFLICT, mergeConflictIn } from '../read/merge-conflict.ts'
import { readSecrets, secretsIn } from '../read/secrets.ts'
import { secretName } from '../schema/secret-names.ts'
import { checkSecrets, type SecretsValidation } from '../secrets/resolve-secrets.ts'
import { parseTemplate } from '../substitute/template.ts'
import type { Source } from '../types.ts'

/** A secret in a file. */
export interface LocalSecret {
  /** Its name in files, and its name in the environment. */
  readonly key: string
  readonly env: string
  readonly value: string
}

/** The secrets in a file. */
export interface LocalSecrets {
  /** Whether the file exists. */
  readonly found: boolean
  readonly secrets: readonly LocalSecret[]
  /** The names, as written, of blank secrets, which count as absent. */
  readonly blank: readonly string[]
  readonly warnings: readonly Problem[]
}

/**
 * The secrets in secrets.json, under any of their spellings, without blank ones.
 *
 * @throws ConfigError with every problem of the file and of the secrets' formats
 */
export function readLocalSecrets(file: string, shown = file, validation?: SecretsValidation): LocalSecrets {
  const problems = collectProblems()
  const { found, secrets, blank } = readSecrets({ path: file, shown, strict: false }, problems)
  const list = [...secrets.values()]
  checkFormats(list, validation, problems)
  problems.throwIfAny()
  return { found, secrets: list.map(toLocal), blank, warnings: problems.warnings }
}

function toLocal({ key, env, value }: LocalSecret): LocalSecret {
  return { key, env, value }
}

/** The contents of a .env file, without substitution. */
export interface DotenvSecrets extends LocalSecrets {
  /**
   * The environment names of secrets that would have another value when the .env file is loaded: they refer to
   * variables.
   */
  readonly referring: readonly string[]
}

/**
 * The assignments in a .env file, without substitution. A load ignores lines that are not assignments; here one may be
 * the rest of a value, such as a key of several lines, that is about to replace another.
 *
 * @throws ConfigError for a line that is not an assignment, an unclosed quote, or a value that a `#` cuts off
 */
export function readDotenvSecrets(file: string, shown = file): DotenvSecrets {
  const text = readConfidential(file, shown)
  return { found: text !== undefined, ...assignmentsIn(text ?? '', shown) }
}

/**
 * The secrets in piped input: JSON if it begins with a brace, else lines of a .env file.
 *
 * @throws ConfigError as for a file
 */
export function secretsInText(text: string, shown: string): Omit<DotenvSecrets, 'found'> {
  if (!/^\s*\{/.test(text)) return assignmentsIn(text, shown)
  const problems = collectProblems()
  const { secrets, blank } = secretsIn({ layer: 'secrets', file: shown, text, confidential: true }, problems)
  throwIfErrors(problems)
  return { secrets: [...secrets.values()].map(toLocal), blank, warnings: problems.warnings, referring: [] }
}

function assignmentsIn(text: string, shown: string): Omit<DotenvSecrets, 'found'> {
  const scan = scanDotenv(text)
  mustBeWhole(scan, { layer: 'dotenv', file: shown, confidential: true, text })
  const named = scan.entries.map(({ name, value, quote }) => ({ ...secretName(name), value, quote }))
  const last = [...new Map(named.map((secret) => [secret.env, secret])).values()]
  return {
    secrets: last.map(toLocal),
    blank: [],
    warnings: [],
    referring: last.filter(({ value, quote }) => quote !== 'single' && isExpanded(value)).map(({ env }) => env),
  }
}

function mustBeWhole(scan: DotenvScan, source: Source): void {
  const problems = collectProblems()
  const conflict = mergeConflictIn(source.text ?? '')
  const found = conflict === undefined ? dotenvProblems(scan) : [{ ...MERGE_CONFLICT, offset: conflict }]
  for (const { offset, ...problem } of found) problems.error({ code: 'SYNTAX', ...problem, at: { source, offset } })
  throwIfErrors(problems)
}

/** Whether resolving references and escapes changes a string. */
function isExpanded(text: string): boolean {
  const template = parseTemplate(text) ?? [text]
  return template === 'too deep' || template.some((part) => typeof part !== 'string') || template.join('') !== text
}

/** Checks the secrets themselves, whatever else a profile needs. */
export function checkFormats(
  secrets: Parameters<typeof checkSecrets>[0],
  validation: SecretsValidation = 'warn',
  problems: Problems,
): void {
  const nothing = { required: [], lookedIn: [], hasFile: true, isFailed: () => false } as const
  const check = { ...nothing, validation, missing: 'error' } as const
  checkSecrets(secrets, check, { ...problems, warn: () => undefined })
}

/** @throws ConfigError with all errors, if there are any */
export function throwIfErrors({ errors }: Problems): void {
  if (errors.length > 0) throw new ConfigError(errors, { title: 'The secrets cannot be set' })
}
