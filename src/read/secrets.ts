import { sep } from 'node:path'
import type { Problems } from '../errors/errors.ts'
import { isEnvName, knownSecret, secretName } from '../schema/secret-names.ts'
import { nameToShow } from '../secrets/secret.ts'
import type { Site, Source, TreeNode } from '../types.ts'
import { readText } from './guard.ts'
import { parseJson } from './json.ts'

export interface FileSecret {
  /** The name in files: the documented one, or a custom one as written. */
  readonly key: string
  readonly env: string
  /** The name as written in the file. */
  readonly spelling: string
  readonly value: string
  readonly site: Site
}

export interface SecretsFile {
  readonly found: boolean
  /** Whether every secret in it is known: false if it exists but cannot be read. */
  readonly isWhole: boolean
  /** By environment name. */
  readonly secrets: ReadonlyMap<string, FileSecret>
  /** The names, as written, of blank secrets, which count as absent. */
  readonly blank: readonly string[]
}

export interface SecretsFileOptions {
  /** Absolute. */
  readonly path: string
  /** As messages show it. */
  readonly shown: string
  readonly strict: boolean
}

export const NO_SECRETS: SecretsFile = { found: false, isWhole: true, secrets: new Map(), blank: [] }

/** Permissions that only the owner should have. Windows has no such modes. */
const LOOSE = 0o077
/** Files of root may be readable by a group, as PostgreSQL allows for its keys: Kubernetes shares volumes that way. */
const LOOSE_OF_ROOT = 0o037
/** What a disk without modes, such as a share of Windows or WSL's /mnt/c, shows of each file; of others hardly one is. */
const RUNNABLE = 0o111
const WITHOUT_MODES =
  '; if that changes nothing, the file system has no modes: keep the file elsewhere and name it in secrets.secrets_path'

/** The error for a name that no environment variable can have. */
export const NO_NAME = {
  code: 'SECRET_INVALID',
  message: 'cannot be the name of a secret, because no environment variable can have it',
  remedy: 'use letters, digits and underscores, and do not begin with a digit',
} as const

/**
 * Reads secrets.json, with any spelling of its keys (formats.md, section 5). Secrets are literal: nothing is
 * substituted.
 */
export function readSecrets({ path, shown, strict }: SecretsFileOptions, problems: Problems): SecretsFile {
  const before = problems.errors.length
  const read = readText(path, { layer: 'secrets', file: shown, confidential: true }, problems)
  if (!read) return { ...NO_SECRETS, isWhole: problems.errors.length === before }
  if (sep === '/' && (read.mode & (read.owner === 0 ? LOOSE_OF_ROOT : LOOSE)) !== 0) {
    problems[strict ? 'error' : 'warn']({
      code: 'FILE_MODE',
      message: `can be read by other users (mode ${read.mode.toString(8).padStart(4, '0')})`,
      remedy: `chmod 600 ${shown}${(read.mode & RUNNABLE) === 0 ? '' : WITHOUT_MODES}`,
      at: { source: read.source },
    })
  }
  return { found: true, ...secretsIn(read.source, problems) }
}

/** Parses secrets from the text of a file. */
export function secretsIn(source: Source, problems: Problems): Omit<SecretsFile, 'found'> {
  const tree = parseJson(source, problems)
  const secrets = new Map<string, FileSecret>()
  const blank: string[] = []
  for (const [spelling, node] of tree?.entries ?? []) {
    if (spelling === '$schema') continue
    if (isBlank(node)) {
      blank.push(spelling)
      continue
    }
    const secret = toSecret(spelling, node, problems)
    if (secret) keepOne(secrets, secret, problems)
  }
  return { isWhole: tree !== undefined, secrets, blank }
}

/** Whether it counts as absent: null, or a string of spaces. */
export function isBlank(node: TreeNode): boolean {
  return node.kind === 'scalar' && (node.value === null || (typeof node.value === 'string' && node.value.trim() === ''))
}

/** Undefined after an error. */
function toSecret(spelling: string, node: TreeNode, problems: Problems): FileSecret | undefined {
  const shown = nameToShow(spelling)
  if (node.kind !== 'scalar') {
    problems.error({
      code: 'SECRET_INVALID',
      key: shown,
      message: `is ${node.kind === 'map' ? 'an object' : 'an array'}; a secret is a string`,
      remedy: 'write it as one string, as JSON if necessary',
      at: node,
    })
    return undefined
  }
  const { key, env } = secretName(spelling)
  if (!isEnvName(env)) {
    problems.error({ ...NO_NAME, key: shown, at: node })
    return undefined
  }
  const isQuoted = node.source.text?.[node.offset ?? 0] === '"'
  if (!isQuoted) {
    problems.warn({
      code: 'SECRET_AS_TEXT',
      key: shown,
      message: `is a ${typeof node.value === 'boolean' ? 'boolean' : 'number'}; it was converted to a string`,
      remedy: 'put it in quotes',
      at: node,
    })
  }
  return { key, env, spelling, value: node.text ?? String(node.value), site: node }
}

/**
 * Adds a secret unless another spelling of it is there, which is a warning if the values are equal, an error if not.
 */
export function keepOne(secrets: Map<string, FileSecret>, secret: FileSecret, problems: Problems): void {
  const other = secrets.get(secret.env)
  if (!other) {
    secrets.set(secret.env, secret)
    return
  }
  const isSame = other.value === secret.value
  const best = knownSecret(secret.env)?.key
  problems[isSame ? 'warn' : 'error']({
    code: 'SECRET_CONFLICT',
    key: nameToShow(secret.spelling),
    message: `is another spelling of ${nameToShow(other.spelling)}, which already exists${isSame ? '' : ', with a different value'}`,
    remedy: `keep one of them${best === undefined ? '' : `, preferably ${best}`}`,
    at: secret.site,
  })
}
