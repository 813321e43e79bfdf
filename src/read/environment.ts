import { join } from 'node:path'
import type { Problems } from '../errors/errors.ts'
import type { ProblemCode } from '../errors/problem-codes.ts'
import { resolvePath } from '../files/paths.ts'
import { mergeAll } from '../merge.ts'
import { type Environment, variableIn } from '../options/options.ts'
import { envNamesOf, isEnvName, secretName } from '../schema/secret-names.ts'
import { isSettingName, SETTING_PREFIX } from '../schema/setting-name.ts'
import type { Candidate } from '../substitute/variables.ts'
import { typedScalar } from '../text/yaml-scalar.ts'
import { isForbiddenKey, leaves, literal, mapNode, treeOf, variableSource } from '../tree.ts'
import type { LayerName, MapNode, Path, ScalarNode, Site, Taint, TreeNode } from '../types.ts'
import { isDirectory, LIMITS, listDirectory, readText } from './guard.ts'
import { type FileSecret, keepOne, NO_NAME } from './secrets.ts'
import { parseYamlValue } from './yaml-full.ts'

/** A variable that sets a key of the configuration. */
export interface SettingVariable {
  readonly name: string
  readonly value: string
  readonly site: Site
  readonly taint?: Taint
  /** Its text before references in it were resolved: lists and maps are read from that, and then their scalars resolved. */
  readonly written?: { readonly text: string; substitute(node: ScalarNode, path: Path): ScalarNode }
  /** Definitions of the same variable that it overrides. */
  readonly below?: readonly Candidate[]
}

const FORBIDDEN_NAME = {
  code: 'FORBIDDEN_KEY',
  message: 'names a key that reaches an object’s prototype',
  remedy: 'use another name',
} as const

export const DEEP_NAME = {
  code: 'TOO_DEEP',
  message: `names a key more than ${LIMITS.depth} levels down`,
  remedy: 'put it closer to the top',
} as const

const BELOW_VALUE = {
  code: 'INVALID_VALUE',
  message: 'sets a key below one that another variable gives a value',
  remedy: 'unset one of the two',
} as const

export const BEYOND_LIST = {
  code: 'INVALID_OPTION',
  message: 'names an item beyond the end of a list',
  remedy: 'set the whole list, or the item right behind the last',
} as const

/**
 * `SYSTEMPROMPT__SERVER__PORT=9090` → `server.port`: two underscores are one level down, the value has the
 * type that it has in YAML (formats.md, section 6). Names are lower case; the merge finds `apiKey` all the same.
 */
export function readSettings(variables: Iterable<SettingVariable>, layer: LayerName, problems: Problems): MapNode {
  const nothing = mapNode(new Map(), { source: variableSource(layer, `${SETTING_PREFIX}*`) })
  const trees: MapNode[] = []
  for (const variable of variables) {
    const path = variable.name.slice(SETTING_PREFIX.length).toLowerCase().split('__')
    if (path.includes('')) {
      problems.error({
        code: 'SYNTAX',
        key: variable.name,
        message: 'has an empty step in its name',
        remedy: `write ${SETTING_PREFIX}A__B for the key a.b`,
        at: variable.site,
      })
    } else if (path.some(isForbiddenKey)) {
      problems.error({ ...FORBIDDEN_NAME, key: variable.name, at: variable.site })
    } else if (path.length > LIMITS.depth) {
      problems.error({ ...DEEP_NAME, key: `${variable.name.slice(0, 40)}…`, at: variable.site })
    } else trees.push(treeOf(path.map(asIndex), settingValue(variable, path, problems), nothing))
  }
  const tree = mergeAll(trees, {
    foldCase: true,
    onUnreachable: (item) => problems.error({ ...BEYOND_LIST, ...placeOf(item) }),
    onReplaced(map, { source }) {
      const place = placeOf(map)
      // A file may replace what another says.
      if (source.file === place.at.source.file) problems.error({ ...BELOW_VALUE, ...place })
    },
  })
  return tree ?? nothing
}

function asIndex(step: string): string | number {
  return /^(?:0|[1-9]\d{0,8})$/.test(step) ? Number(step) : step
}

/** The variable that set something, or the first of them. */
export function placeOf(node: TreeNode): { readonly at: Site; readonly key?: string } {
  const [first] = leaves(node)
  const at = first?.[1] ?? node
  return { at, ...(at.source.name === undefined ? {} : { key: at.source.name }) }
}

/** The names in an environment that set a key, sorted, so that the result does not hang on their order. */
export function settingNames(names: Iterable<string>): readonly string[] {
  return [...names].filter(isSettingName).sort()
}

function settingValue(
  { name, value, site, taint, written, below = [] }: SettingVariable,
  path: Path,
  problems: Problems,
): TreeNode {
  const text = written?.text ?? value
  const isFlow = /^\s*[[{"']/.test(text)
  const source = { ...variableSource(site.source.layer, name), text }
  const parsed = isFlow ? parseYamlValue(source, problemsOfVariable(name, site, problems)) : undefined
  const place = (node: ScalarNode, at: Path): ScalarNode => {
    const resolved = written?.substitute(node, at) ?? node
    return { ...resolved, style: 'literal', ...(taint ? { taint } : {}) }
  }
  const node = parsed
    ? relocated(parsed, site, path, place)
    : { ...literal(isFlow ? value : typedScalar(value), site, value), ...(taint ? { taint } : {}) }
  const shadowed = below.map((other) => literal(typedScalar(other.value), other.site, other.value))
  return shadowed.length === 0 ? node : { ...node, shadowed }
}

/** What is wrong in a variable's value is wrong with the variable: places in the value are none that anybody can look up. */
function problemsOfVariable(key: string, at: Site, problems: Problems): Problems {
  return {
    ...problems,
    error: (report) => problems.error({ ...report, message: OF_VARIABLE[report.code] ?? report.message, key, at }),
  }
}

/** What speaks of a key or of lines where it stands in a file. */
const OF_VARIABLE: Readonly<Partial<Record<ProblemCode, string>>> = {
  DUPLICATE_KEY: 'has one key twice',
  FORBIDDEN_KEY: FORBIDDEN_NAME.message,
}

/** The place in a variable's value is the variable. */
function relocated(
  node: TreeNode,
  site: Site,
  path: Path,
  place: (node: ScalarNode, path: Path) => ScalarNode,
): TreeNode {
  const { offset: _, source: __, ...rest } = node
  if (rest.kind === 'scalar') return place({ ...rest, ...site }, path)
  const inner = (child: TreeNode, step: string | number): TreeNode => relocated(child, site, [...path, step], place)
  if (rest.kind === 'list') return { ...rest, ...site, items: rest.items.map(inner) }
  const entries = [...rest.entries].map(([key, child]) => [key, inner(child, key)] as const)
  return { ...rest, ...site, entries: new Map(entries) }
}

export interface EnvironmentReader {
  /** The definition of a variable in the environment, aliases and files that a variable points to included. */
  candidates(name: string): readonly Candidate[]
  /** The variable of exactly this name alone. */
  variable(name: string): readonly Candidate[]
  /** Whether it is in a file that a variable points to and that cannot be read, which has been reported. */
  isUnreadable(name: string): boolean
  /** Secrets named only by the files of SYSTEMPROMPT_SECRETS_DIR. */
  readonly secretFiles: readonly string[]
  /** Where a variable was looked for, for the message about one that is not there. */
  readonly lookedIn: readonly string[]
}

export interface EnvironmentOptions {
  readonly env: Environment
  readonly emptyIsValue: boolean
  /** Where relative paths in variables start from. */
  readonly root: string
  /** Whether `NAME_FILE` may stand for a variable: only secrets are handed over as files. */
  readonly isSecret: (name: string) => boolean
}

/** Whether a variable counts as set: an empty one does not, nor does a secret that is blank. */
export function isSetIn(
  { env, emptyIsValue, isSecret }: Pick<EnvironmentOptions, 'env' | 'emptyIsValue' | 'isSecret'>,
  name: string,
): boolean {
  const value = variableIn(env, name)
  return value !== undefined && (emptyIsValue || (isSecret(name) ? value.trim() : value) !== '')
}

/** Reads variables, `_FILE` variables and the secrets directory (formats.md, section 7). Each is looked at once. */
export function readEnvironment(options: EnvironmentOptions, problems: Problems): EnvironmentReader {
  const { env, root, isSecret } = options
  const known = new Map<string, readonly Candidate[]>()
  const unreadable = new Set<string>()
  const directory = readSecretsDirectory(env.SYSTEMPROMPT_SECRETS_DIR, root, problems)

  function fromVariable(name: string): readonly Candidate[] {
    const value = variableIn(env, name)
    if (value === undefined || !isSetIn(options, name)) return []
    return [{ value, site: { source: variableSource('environment', name) }, expands: false }]
  }

  function find(name: string): readonly Candidate[] {
    const names = envNamesOf(name)
    const files = isSecret(name) ? names.map((each) => readSecretFile(each, options, problems)) : []
    if (files.includes('failed')) unreadable.add(name)
    const inDirectory = directory.get(name)
    return [
      ...names.flatMap(fromVariable),
      ...files.filter((file) => typeof file === 'object'),
      ...(inDirectory ? [{ value: inDirectory.value, site: inDirectory.site, expands: false }] : []),
    ]
  }

  return {
    candidates(name) {
      const cached = known.get(name) ?? find(name)
      known.set(name, cached)
      return cached
    },
    variable: fromVariable,
    isUnreadable: (name) => unreadable.has(name),
    secretFiles: [...directory.keys()],
    lookedIn: ['the process environment', ...secretsDirectoryLookedIn(env.SYSTEMPROMPT_SECRETS_DIR, root, problems)],
  }
}

/** The variable and not its value, which may be a secret that was typed in the wrong place. */
function secretsDirectoryLookedIn(path: string | undefined, root: string, { trail }: Problems): readonly string[] {
  if (!path) return []
  const isThere = isDirectory(resolvePath(path, root), trail)
  return [isThere ? 'SYSTEMPROMPT_SECRETS_DIR' : 'SYSTEMPROMPT_SECRETS_DIR (no such directory)']
}

/** The secret in the file that `<name>_FILE` names; none where that is not set or the file is blank, `'failed'` after an error. */
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
  const message = 'names a file that is not there'
  if (!isReported) problems.error({ code: 'FILE_UNREADABLE', key: variable, message, remedy: 'check the path', at })
  return 'failed'
}

/**
 * Each regular file is a secret named by the file, and the names are held to what secrets.json is held to.
 * Kubernetes' own entries begin with two dots.
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
      message: 'names a directory that is not there',
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

/** Tools that write such files end them with a newline, which is no part of the secret. */
function withoutNewline(text: string): string {
  return text.replace(/\r?\n$/, '')
}
