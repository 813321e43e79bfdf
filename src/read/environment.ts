import { join } from 'node:path'
import type { Problems } from '../errors/errors.ts'
import { resolvePath } from '../files/paths.ts'
import { type Environment, variableIn } from '../options/options.ts'
import { envNamesOf, isEnvName, secretName } from '../schema/secret-names.ts'
import type { Candidate } from '../substitute/variables.ts'
import { isForbiddenKey, variableSource } from '../tree.ts'
import { isDirectory, listDirectory, readText } from './guard.ts'
import { type FileSecret, keepOne, NO_NAME } from './secrets.ts'
import { FORBIDDEN_NAME } from './settings.ts'

export interface EnvironmentReader {
  /** A variable's definitions in the environment, including aliases and files that a variable points to. */
  candidates(name: string): readonly Candidate[]
  /** Only the variable with exactly this name. */
  variable(name: string): readonly Candidate[]
  /** Whether it is in a file that a variable points to and that cannot be read, which has been reported. */
  isUnreadable(name: string): boolean
  /** Secrets that are named only by files in SYSTEMPROMPT_SECRETS_DIR. */
  readonly secretFiles: readonly string[]
  /** Where variables were looked for, for messages about missing ones. */
  readonly lookedIn: readonly string[]
}

export interface EnvironmentOptions {
  readonly env: Environment
  readonly emptyIsValue: boolean
  /** The directory that relative paths in variables start from. */
  readonly root: string
  /** Whether a variable is a secret, and so `NAME_FILE` may be used for it. */
  readonly isSecret: (name: string) => boolean
}

type VariableOptions = Omit<EnvironmentOptions, 'root'>

/** Whether a variable counts as set: an empty one does not, nor does a blank secret. */
export function isSetIn({ env, emptyIsValue, isSecret }: VariableOptions, name: string): boolean {
  const value = variableIn(env, name)
  return value !== undefined && (emptyIsValue || (isSecret(name) ? value.trim() : value) !== '')
}

/** The definition of a variable with exactly this name; none if it does not count as set. */
export function definitionIn(options: VariableOptions, name: string): readonly Candidate[] {
  const value = variableIn(options.env, name)
  if (value === undefined || !isSetIn(options, name)) return []
  return [{ value, site: { source: variableSource('environment', name) }, expands: false }]
}

/** Reads variables, `_FILE` variables and the secrets directory (formats.md, section 7). Each is read only once. */
export function readEnvironment(options: EnvironmentOptions, problems: Problems): EnvironmentReader {
  const { env, root, isSecret } = options
  const cache = new Map<string, readonly Candidate[]>()
  const unreadable = new Set<string>()
  const directory = readSecretsDirectory(env.SYSTEMPROMPT_SECRETS_DIR, root, problems)

  function find(name: string): readonly Candidate[] {
    const names = envNamesOf(name)
    const files = isSecret(name) ? names.map((spelling) => readSecretFile(spelling, options, problems)) : []
    if (files.includes('failed')) unreadable.add(name)
    const inDirectory = directory.get(name)
    return [
      ...names.flatMap((spelling) => definitionIn(options, spelling)),
      ...files.filter((file) => typeof file === 'object'),
      ...(inDirectory ? [{ value: inDirectory.value, site: inDirectory.site, expands: false }] : []),
    ]
  }

  return {
    candidates(name) {
      const cached = cache.get(name) ?? find(name)
      cache.set(name, cached)
      return cached
    },
    variable: (name) => definitionIn(options, name),
    isUnreadable: (name) => unreadable.has(name),
    secretFiles: [...directory.keys()],
    lookedIn: ['the process environment', ...describeSecretsDirectory(env.SYSTEMPROMPT_SECRETS_DIR, root, problems)],
  }
}

/** Shows the variable and not its value, which may be a secret that was entered in the wrong place. */
function describeSecretsDirectory(path: string | undefined, root: string, { trail }: Problems): readonly string[] {
  if (!path) return []
  const exists = isDirectory(resolvePath(path, root), trail)
  return [exists ? 'SYSTEMPROMPT_SECRETS_DIR' : 'SYSTEMPROMPT_SECRETS_DIR (no such directory)']
}

/**
 * The secret in the file that `<name>_FILE` names; undefined if that is not set or the file is blank, `'failed'` after
 * an error.
 */
function readSecretFile(
  name: string,
  options: EnvironmentOptions,
  problems: Problems,
): Candidate | 'failed' | undefined {
  const variable = `${name}_FILE`
  const path = variableIn(options.env, variable)
  if (!path) return undefined
  const at = { source: variableSource('environment', variable) }
  if (isSetIn(options, name)) {
    const message = `and ${name} are both set`
    problems.error({ code: 'SECRET_CONFLICT', key: variable, message, remedy: 'unset one of them', at })
    return 'failed'
  }
  const source = { layer: 'environment', file: path, name: variable, confidential: true } as const
  const read = readText(resolvePath(path, options.root), source, problems, { raw: true })
  if (read) {
    const value = withoutNewline(read.source.text ?? '')
    return value.trim() === '' ? undefined : { value, site: { source: read.source }, expands: false }
  }
  const isReported = problems.errors.some((error) => error.file === path)
  const message = 'names a file that does not exist'
  if (!isReported) problems.error({ code: 'FILE_UNREADABLE', key: variable, message, remedy: 'check the path', at })
  return 'failed'
}

/**
 * Each regular file is a secret with the file's name, under the same rules for names as in secrets.json. Kubernetes'
 * own entries start with two dots.
 */
function readSecretsDirectory(
  path: string | undefined,
  root: string,
  problems: Problems,
): ReadonlyMap<string, FileSecret> {
  const secrets = new Map<string, FileSecret>()
  if (!path) return secrets
  const directory = resolvePath(path, root)
  const place = {
    key: 'SYSTEMPROMPT_SECRETS_DIR',
    at: { source: variableSource('environment', 'SYSTEMPROMPT_SECRETS_DIR') },
  }
  const names = listDirectory(directory, problems.trail, (failure) =>
    problems.error({ ...failure, message: `names a directory that ${failure.message}`, ...place }),
  )
  if (names.length === 0 && !isDirectory(directory, problems.trail)) {
    problems.warn({
      code: 'PATH_MISSING',
      message: 'names a directory that does not exist',
      remedy: 'check the mount, or unset the variable',
      ...place,
    })
  }
  for (const name of names) {
    if (name.startsWith('.') || isDirectory(join(directory, name))) continue
    const file = `${path.replace(/[\\/]+$/, '')}/${name}`
    const source = { layer: 'environment', file, name: 'SYSTEMPROMPT_SECRETS_DIR', confidential: true } as const
    const read = readText(join(directory, name), source, problems, { raw: true })
    if (!read) continue
    const value = withoutNewline(read.source.text ?? '')
    if (value.trim() === '') continue
    const site = { source: read.source }
    const { key, env } = secretName(name)
    if (isForbiddenKey(name)) problems.error({ ...FORBIDDEN_NAME, key: name, at: site })
    else if (!isEnvName(env)) problems.error({ ...NO_NAME, key: name, at: site })
    else keepOne(secrets, { key, env, spelling: name, value, site }, problems)
  }
  return secrets
}

/** Tools that write such files add a newline, which is not part of the secret. */
function withoutNewline(text: string): string {
  return text.replace(/\r?\n$/, '')
}
