import { dirname } from 'node:path'
import { ConfigError, collectProblems } from '../errors/errors.ts'
import { isRegularFile } from '../files/atomic.ts'
import { FileError } from '../files/errors.ts'
import { refuseExposed } from '../files/exposure.ts'
import { prepareState } from '../files/state.ts'
import { readConfidential, updateFile } from '../files/update.ts'
import { LIMITS, pathExists } from '../read/guard.ts'
import { parseJson } from '../read/json.ts'
import { isBlank } from '../read/secrets.ts'
import { secretName } from '../schema/secret-names.ts'
import type { SecretsValidation } from '../secrets/resolve-secrets.ts'
import { isForbiddenKey } from '../tree.ts'
import type { TreeNode } from '../types.ts'
import type { CloudFiles } from './credentials.ts'
import { withEntry, withoutEntry } from './json-edit.ts'
import { checkFormats, throwIfErrors } from './local-secrets.ts'
import { nameInFile } from './secrets-map.ts'

/** What to change in secrets.json. */
export interface SecretEdits {
  /** By any name of the secret. */
  readonly set?: Readonly<Record<string, string>>
  /** By any name of the secret. */
  readonly unset?: readonly string[]
  /**
   * Whether the names are those of the cloud, whose `DATABASE_URL` is the file's internal one if the file has that.
   * @default false
   */
  readonly asInCloud?: boolean
  /** Whether to change nothing if the file has one of the secrets to set. @default false */
  readonly onlyNew?: boolean
  /** `secrets.validation` of the profile: with `skip` no rule is checked, as in a load. @default 'warn' */
  readonly validation?: SecretsValidation | undefined
}

/** The result of a change to secrets.json, and a way to undo it. */
export interface SecretsEdit {
  /** The names that were to be removed and do not exist. */
  readonly missing: readonly string[]
  /** Whether nothing was changed, since the file has one of the secrets. */
  readonly isRefused: boolean
  /**
   * Restores the file's previous text; false if somebody has changed it since, and it is left unchanged.
   * @throws FileError
   */
  undo(): Promise<boolean>
}

/**
 * Changes secrets in secrets.json and nothing else: comments, order and spelling stay. The file is created if it does
 * not exist.
 *
 * @throws ConfigError for a secret that no load would accept, or a file that cannot be read; FileError for one that
 * cannot be written
 */
export async function editSecretsFile(files: CloudFiles, file: string, edits: SecretEdits): Promise<SecretsEdit> {
  await mustBeEditable(files, file, edits)
  let missing: readonly string[] = []
  let original = EMPTY
  let written = EMPTY
  let isRefused = false
  await updateFile(file, (before = EMPTY) => {
    const present = edits.onlyNew ? namesIn(before, file) : undefined
    isRefused = Object.keys(edits.set ?? {}).some((name) => present?.has(secretName(name).env))
    if (isRefused) return undefined
    const after = withEdits(before, edits, file)
    missing = after.missing
    original = before
    written = after.text
    return written === original ? undefined : written
  })
  return {
    missing,
    isRefused,
    async undo() {
      let isOurs = false
      await updateFile(file, (now) => {
        isOurs = now === written
        return isOurs ? original : undefined
      })
      return isOurs
    },
  }
}

const EMPTY = '{}\n'

/**
 * The names that are to be removed from secrets.json but are not in it.
 *
 * @throws ConfigError for a file that cannot be read
 */
export function missingFrom(file: string, edits: Pick<SecretEdits, 'unset' | 'asInCloud'>): readonly string[] {
  return withEdits(readConfidential(file) ?? EMPTY, edits, file).missing
}

/**
 * Checks, before secrets are changed elsewhere, that the same change can be made to secrets.json.
 *
 * @throws ConfigError for a secret that no load would accept, a file that cannot be read, or one that would become too
 * large to be read; FileError for one that cannot be written
 */
export async function mustBeEditable(files: CloudFiles, file: string, edits: SecretEdits): Promise<void> {
  mustBeValid(edits)
  await prepareState(files.state)
  if (!pathExists(dirname(file)))
    throw new FileError('FILE_UNWRITABLE', file, 'has no directory', 'Create the profile first')
  if (pathExists(file) && !isRegularFile(file))
    throw new FileError('FILE_NOT_REGULAR', file, 'is a link', 'Edit the file that it points to')
  await refuseExposed(file)
  withEdits(readConfidential(file) ?? EMPTY, edits, file)
}

function withEdits(
  before: string,
  { set = {}, unset = [], asInCloud = false }: SecretEdits,
  file: string,
): { readonly text: string; readonly missing: readonly string[] } {
  let text = before
  const missing: string[] = []
  const present = namesIn(before, file)
  const named = (name: string): string => (asInCloud ? nameInFile(name, (env) => present.has(env)) : name)
  for (const [name, value] of Object.entries(set)) text = withSecret(text, named(name), value, file)
  for (const name of unset) {
    const keys = keysOf(text, named(name), file)
    if (keys.length === 0) missing.push(name)
    text = keys.reduce(withoutEntry, text)
  }
  mustBeReadable(text, file)
  return { text, missing }
}

function mustBeReadable(text: string, file: string): void {
  if (Buffer.byteLength(text) <= LIMITS.bytes) return
  const problems = collectProblems()
  problems.error({
    code: 'FILE_TOO_LARGE',
    message: `would be larger than ${LIMITS.bytes / 1024 / 1024} MiB, the limit for a file that is loaded`,
    remedy: 'keep large values in files of their own',
    at: { source: { layer: 'secrets', file, confidential: true } },
  })
  throwIfErrors(problems)
}

/** Checks what a load would check later, when the old value would already be gone. */
function mustBeValid({ set = {}, validation }: SecretEdits): void {
  const problems = collectProblems()
  const site = { source: { layer: 'secrets', confidential: true } } as const
  const given = Object.entries(set).map(([name, value]) => ({ ...secretName(name), value, site }))
  for (const { key } of given.filter(({ key }) => isForbiddenKey(key)))
    problems.error({
      code: 'FORBIDDEN_KEY',
      key,
      message: 'cannot be the name of a secret',
      remedy: 'use another name',
    })
  checkFormats(
    given.filter(({ value }) => value.trim() !== ''),
    validation,
    problems,
  )
  throwIfErrors(problems)
}

/** Uses the spelling that the file already has; of two spellings one is kept. */
function withSecret(text: string, name: string, value: string, file: string): string {
  const [key = secretName(name).key, ...others] = keysOf(text, name, file)
  return others.reduce(withoutEntry, withEntry(text, key, value))
}

/** The keys under which a file has a secret. */
function keysOf(text: string, name: string, file: string): readonly string[] {
  const { env } = secretName(name)
  return [...entriesOf(text, file).keys()].filter((key) => secretName(key).env === env)
}

/** The environment names of the secrets that have a value. */
function namesIn(text: string, file: string): ReadonlySet<string> {
  const entries = [...entriesOf(text, file)].filter(([, node]) => !isBlank(node))
  return new Set(entries.map(([key]) => secretName(key).env))
}

/** @throws ConfigError for a text that is not a JSON object */
function entriesOf(text: string, file: string): ReadonlyMap<string, TreeNode> {
  const problems = collectProblems()
  const tree = parseJson({ layer: 'secrets', file, text, confidential: true }, problems)
  if (!tree) throw new ConfigError(problems.errors, { title: 'The secrets cannot be changed' })
  return tree.entries
}
