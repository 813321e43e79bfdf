import {
  Composer,
  type CST,
  type ErrorCode,
  isAlias,
  isMap,
  isScalar,
  type ParsedNode,
  type YAMLMap,
  type YAMLSeq,
  type Scalar as YamlScalar,
} from 'yaml'
import type { Problems } from '../errors/errors.ts'
import { typedScalar } from '../text/yaml-scalar.ts'
import type { ListNode, MapNode, Scalar, ScalarNode, Source, TreeNode } from '../types.ts'
import { checkKey, collectFindings, type Findings, invalidCharactersIn, MESSAGES } from './findings.ts'
import { LIMITS } from './guard.ts'
import {
  ALIAS_IN_ITSELF,
  COLLECTION_AS_KEY,
  messageFor,
  NOT_A_MAP,
  NOT_MERGEABLE,
  PARSER_MESSAGES,
  TOO_MANY_ALIASES,
  TYPE_MISMATCH,
  UNKNOWN_ALIAS,
} from './yaml-messages.ts'
import { parseTokens, Stopped, stop } from './yaml-tokens.ts'

/** `parseYaml` with the `yaml` package, for any text. */
export function parseFullYaml(source: Source, problems: Problems): MapNode | undefined {
  const findings = collectFindings(source, problems)
  const node = readContent(source, findings) ?? { kind: 'map', entries: new Map(), source, offset: 0 }
  if (node.kind !== 'map') findings.add('SYNTAX', node.offset ?? 0, NOT_A_MAP)
  findings.report()
  return findings.isEmpty && node.kind === 'map' ? node : undefined
}

/** Parses any YAML value, as `parseYaml` does; a text without one is null. */
export function parseYamlValue(source: Source, problems: Problems): TreeNode | undefined {
  const findings = collectFindings(source, problems)
  const node = readContent(source, findings) ?? nullNode(source, 0)
  findings.report()
  return findings.isEmpty ? node : undefined
}

/** Undefined if the text has no value, and after an error. */
function readContent(source: Source, findings: Findings): TreeNode | undefined {
  try {
    const document = parseTokens(source.text ?? '', findings)
    const content = document && compose(document, findings)
    return content && convertRoot(content, source, findings)
  } catch (error) {
    // An error of the package may quote the text, so none of it is passed on.
    if (!(error instanceof Stopped)) findings.add('SYNTAX', 0, PARSER_MESSAGES.IMPOSSIBLE)
    return undefined
  }
}

/** Scalars stay strings here: types in the schema cost time for each one, and {@link typedScalar} knows the types. */
const COMPOSING = {
  schema: 'failsafe',
  resolveKnownTags: false,
  uniqueKeys: false,
  prettyErrors: false,
  logLevel: 'silent',
} as const

type ErrorPlace = number | readonly [number, ...number[]] | { readonly offset: number }

/** Undefined if the document is empty, and after a syntax error. */
function compose(token: CST.Document, findings: Findings): ParsedNode | undefined {
  const composer = new Composer(COMPOSING)
  let isBroken = false
  // The package's own handler creates an Error, with a stack, for each problem, of which there may be a million.
  Reflect.set(composer, 'onError', (place: ErrorPlace, code: ErrorCode, message: string, isWarning?: boolean) => {
    if (isWarning) return
    isBroken = true
    const offset = typeof place === 'number' ? place : 'offset' in place ? place.offset : place[0]
    if (code === 'RESOURCE_EXHAUSTION') stop(findings, 'TOO_DEEP', offset, MESSAGES.tooDeep)
    findings.add('SYNTAX', offset, messageFor(code, message))
  })
  const [document] = composer.compose([token])
  const content = document?.contents
  if (isBroken || !content) return undefined
  return isScalar(content) && content.type === 'PLAIN' && content.source === '' && !content.tag ? undefined : content
}

interface Anchor {
  readonly node: TreeNode
  /** The number of nodes in it, with its aliases expanded. */
  readonly size: number
  /** Levels of nested maps and lists, itself included. */
  readonly height: number
}

interface Converter {
  readonly source: Source
  readonly findings: Findings
  /** `open` while the anchor's own value is being converted. */
  readonly anchors: Map<string, Anchor | 'open'>
  readonly path: (string | number)[]
  size: number
  deepest: number
  /** The number of nodes that aliases have expanded to so far. */
  expanded: number
}

function convertRoot(content: ParsedNode, source: Source, findings: Findings): TreeNode {
  return convert(content, 1, { source, findings, anchors: new Map(), path: [], size: 0, deepest: 0, expanded: 0 })
}

/** `depth` is the node's level if it is a map or a list. `emptyAt` is the position of a value without text. */
function convert(node: ParsedNode | null, depth: number, converter: Converter, emptyAt?: number): TreeNode {
  if (node === null) return nullNode(converter.source, emptyAt ?? 0)
  if (isAlias(node)) return resolveAlias(node.source, node.range[0], depth, converter)
  const { anchors, size, deepest } = converter
  const { anchor } = node
  if (anchor === undefined) return convertValue(node, depth, converter, emptyAt)
  anchors.set(anchor, 'open')
  converter.deepest = depth - 1
  const value = convertValue(node, depth, converter, emptyAt)
  anchors.set(anchor, { node: value, size: converter.size - size, height: converter.deepest - depth + 1 })
  converter.deepest = Math.max(deepest, converter.deepest)
  return value
}

/** Nodes are immutable, so all aliases share one; limits count the size they would have. */
function resolveAlias(name: string, offset: number, depth: number, converter: Converter): TreeNode {
  const { anchors, findings, source } = converter
  const anchor = anchors.get(name)
  if (anchor === undefined || anchor === 'open') {
    findings.add('SYNTAX', offset, anchor === 'open' ? ALIAS_IN_ITSELF : UNKNOWN_ALIAS, converter.path)
    return nullNode(source, offset)
  }
  converter.size += anchor.size
  converter.expanded += anchor.size
  if (converter.expanded > LIMITS.aliasNodes) stop(findings, 'LIMIT_EXCEEDED', offset, TOO_MANY_ALIASES)
  if (anchor.height > 0) descend(depth + anchor.height - 1, offset, converter)
  return anchor.node
}

function descend(depth: number, offset: number, converter: Converter): void {
  if (depth > LIMITS.depth) stop(converter.findings, 'TOO_DEEP', offset, MESSAGES.tooDeep)
  converter.deepest = Math.max(converter.deepest, depth)
}

type ParsedValue = YamlScalar.Parsed | YAMLMap.Parsed | YAMLSeq.Parsed

function convertValue(node: ParsedValue, depth: number, converter: Converter, emptyAt?: number): TreeNode {
  converter.size += 1
  if (isScalar(node)) return convertScalar(node, converter, emptyAt)
  const offset = node.range[0]
  descend(depth, offset, converter)
  const isMismatch = node.tag !== `${CORE}${isMap(node) ? 'map' : 'seq'}` && FITS.has(node.tag ?? '')
  if (isMismatch) converter.findings.add('SYNTAX', offset, TYPE_MISMATCH, converter.path)
  return isMap(node) ? convertMap(node, depth, converter) : convertList(node, depth, converter)
}

function convertList(list: YAMLSeq.Parsed, depth: number, converter: Converter): ListNode {
  const { source, path } = converter
  const items = list.items.map((item, index) => {
    path.push(index)
    const node = convert(item, depth + 1, converter)
    path.pop()
    return node
  })
  return { kind: 'list', items, source, offset: list.range[0] }
}

/** A map's own keys override those from `<<` and take their position. */
function convertMap(map: YAMLMap.Parsed, depth: number, converter: Converter): MapNode {
  const { source, path } = converter
  const entries = new Map<string, TreeNode>()
  const places = new Map<string, number>()
  for (const { key: keyNode, value } of map.items) {
    const key = convertKey(keyNode, depth, converter)
    if (key === undefined) continue
    path.push(key)
    checkKey(converter, key, keyNode.range[0], places)
    const node = convert(value, depth + 1, converter, keyNode.range[1])
    if (isMergeKey(keyNode)) mergeInto(entries, node, isAlias(value) ? value.range[0] : (node.offset ?? 0), converter)
    else entries.set(key, node)
    path.pop()
  }
  return { kind: 'map', entries, source, offset: map.range[0] }
}

/** The string of a key; undefined for a list or a map. */
function convertKey(key: ParsedNode, depth: number, converter: Converter): string | undefined {
  const node = convert(key, depth + 1, converter)
  if (node.kind === 'scalar') return isScalar(key) ? String(key.value) : String(node.value)
  converter.findings.add('UNSUPPORTED_YAML', key.range[0], COLLECTION_AS_KEY, converter.path)
  return undefined
}

function isMergeKey(key: ParsedNode): boolean {
  return isScalar(key) && key.type === 'PLAIN' && key.value === '<<'
}

/** `offset` is that of the value after `<<`: a merged alias stands for a node that is elsewhere. */
function mergeInto(
  entries: Map<string, TreeNode>,
  merged: TreeNode,
  offset: number,
  { findings, path }: Converter,
): void {
  for (const node of merged.kind === 'list' ? merged.items : [merged]) {
    if (node.kind !== 'map') findings.add('SYNTAX', offset, NOT_MERGEABLE, path)
    else for (const [key, value] of node.entries) if (!entries.has(key)) entries.set(key, value)
  }
}

const CORE = 'tag:yaml.org,2002:'

/** Which scalars each core tag accepts; other tags have already been reported. */
const FITS: ReadonlyMap<string, (value: Scalar) => boolean> = new Map([
  [`${CORE}str`, () => true],
  [`${CORE}int`, (value: Scalar) => Number.isInteger(value)],
  [`${CORE}float`, (value: Scalar) => typeof value === 'number'],
  [`${CORE}bool`, (value: Scalar) => typeof value === 'boolean'],
  [`${CORE}null`, (value: Scalar) => value === null],
  [`${CORE}map`, () => false],
  [`${CORE}seq`, () => false],
])

function convertScalar(node: YamlScalar.Parsed, { source, findings, path }: Converter, emptyAt?: number): ScalarNode {
  const text = String(node.value)
  const isPlain = node.type === 'PLAIN'
  const offset = isPlain && text === '' && emptyAt !== undefined ? emptyAt : node.range[0]
  const invalid = node.type === 'QUOTE_DOUBLE' ? invalidCharactersIn(text) : undefined
  if (invalid) findings.add('ENCODING', offset, invalid, path)
  if (node.tag === undefined) {
    return {
      kind: 'scalar',
      value: isPlain ? typedScalar(text) : text,
      style: isPlain ? 'plain' : 'quoted',
      source,
      offset,
    }
  }
  if (node.tag === `${CORE}str`) return { kind: 'scalar', value: text, style: 'quoted', source, offset }
  // A reference is typed after it has been substituted.
  const refers = text.includes('$')
  const value = refers ? text : typedScalar(text)
  if (!refers && FITS.get(node.tag)?.(value) === false) findings.add('SYNTAX', offset, TYPE_MISMATCH, path)
  return { kind: 'scalar', value, style: 'plain', source, offset }
}

function nullNode(source: Source, offset: number): ScalarNode {
  return { kind: 'scalar', value: null, style: 'plain', source, offset }
}
