import type { Problems } from '../errors/errors.ts'
import type { ProblemCode } from '../errors/problem-codes.ts'
import { mergeAll } from '../merge.ts'
import { isSettingName, SETTING_PREFIX } from '../schema/setting-name.ts'
import type { Candidate } from '../substitute/variables.ts'
import { typedScalar } from '../text/yaml-scalar.ts'
import { isForbiddenKey, leaves, literal, mapNode, treeOf, variableSource } from '../tree.ts'
import type { LayerName, MapNode, Path, ScalarNode, Site, Taint, TreeNode } from '../types.ts'
import { LIMITS } from './guard.ts'
import { parseYamlValue } from './yaml-full.ts'

/** A variable that sets a key of the configuration. */
export interface SettingVariable {
  readonly name: string
  readonly value: string
  readonly site: Site
  readonly taint?: Taint
  /** Its text before references were resolved: lists and maps are parsed from it, then their scalars are resolved. */
  readonly written?: { readonly text: string; substitute(node: ScalarNode, path: Path): ScalarNode }
  /** Definitions of the same variable that it overrides. */
  readonly below?: readonly Candidate[]
}

export const FORBIDDEN_NAME = {
  code: 'FORBIDDEN_KEY',
  message: 'names a key that reaches an object’s prototype',
  remedy: 'use another name',
} as const

export const DEEP_NAME = {
  code: 'TOO_DEEP',
  message: `names a key nested more than ${LIMITS.depth} levels deep`,
  remedy: 'nest it less deeply',
} as const

const BELOW_VALUE = {
  code: 'INVALID_VALUE',
  message: 'sets a key below one that another variable sets to a value',
  remedy: 'unset one of the two',
} as const

export const BEYOND_LIST = {
  code: 'INVALID_OPTION',
  message: 'names an item beyond the end of a list',
  remedy: 'set the whole list, or the item right after the last',
} as const

/**
 * `SYSTEMPROMPT__SERVER__PORT=9090` → `server.port`: two underscores go one level down, the value is typed as in YAML
 * (formats.md, section 6). Names become lower case; the merge still matches keys such as `apiKey`.
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
        message: 'has an empty segment in its name',
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
      // A file may override what another one sets.
      if (source.file === place.at.source.file) problems.error({ ...BELOW_VALUE, ...place })
    },
  })
  return tree ?? nothing
}

function asIndex(step: string): string | number {
  return /^(?:0|[1-9]\d{0,8})$/.test(step) ? Number(step) : step
}

/** The site and name of the variable that set a node, or of the first of several. */
export function placeOf(node: TreeNode): { readonly at: Site; readonly key?: string } {
  const [first] = leaves(node)
  const at = first?.[1] ?? node
  return { at, ...(at.source.name === undefined ? {} : { key: at.source.name }) }
}

/** The names of variables that set a key, sorted, so that the result does not depend on their order. */
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

/** Reports errors in a variable's value at the variable, since nobody could look up a position inside the value. */
function problemsOfVariable(key: string, at: Site, problems: Problems): Problems {
  return {
    ...problems,
    error: (report) => problems.error({ ...report, message: OF_VARIABLE[report.code] ?? report.message, key, at }),
  }
}

/** Messages for codes whose own wording refers to a key or a line of a file. */
const OF_VARIABLE: Readonly<Partial<Record<ProblemCode, string>>> = {
  DUPLICATE_KEY: 'contains the same key twice',
  FORBIDDEN_KEY: FORBIDDEN_NAME.message,
}

/** Moves all nodes to the site of the variable. */
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
