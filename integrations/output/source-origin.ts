import { FlattenMap, originalPositionFor, type TraceMap } from '@jridgewell/trace-mapping'
import { getLocation, parse } from 'jsonc-parser'
import type { Match, Matcher } from '../../src/scan/index.ts'

/** A position; `line` and `column` are 1-based. */
export interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
}

export function placeOf(bytes: Buffer, offset: number, file: string): Place {
  const start = bytes.lastIndexOf('\n', offset === 0 ? 0 : offset - 1) + 1
  let line = 1
  for (let at = bytes.indexOf('\n'); at !== -1 && at < offset; at = bytes.indexOf('\n', at + 1)) line++
  return { file, line, column: bytes.subarray(start, offset).toString('utf8').length + 1 }
}

const MAP_COMMENT = /[#@] ?sourceMappingURL=data:[^,\s]*;base64,(\S+)\s*(?:\*\/\s*)?$/

/** A file's source map: the file itself, one beside it, or one inside it. */
export function sourceMapOf(name: string, bytes: Buffer, beside: Buffer | undefined): TraceMap | undefined {
  if (name.endsWith('.map')) return asMap(bytes.toString('utf8'))
  if (beside !== undefined) return asMap(beside.toString('utf8'))
  const [, base64] = MAP_COMMENT.exec(bytes.toString('utf8')) ?? []
  return base64 === undefined ? undefined : asMap(Buffer.from(base64, 'base64').toString('utf8'))
}

function asMap(text: string): TraceMap | undefined {
  try {
    const map = FlattenMap(text)
    return [map.sources, map.sourcesContent ?? []].every(areTexts) ? map : undefined
  } catch {
    return undefined
  }
}

function areTexts(list: unknown): boolean {
  return Array.isArray(list) && list.every((each) => each === null || typeof each === 'string')
}

/** The source whose text contains it; a minifier may have joined strings, or moved one to where it is used. */
export function originOf(
  map: TraceMap,
  bytes: Buffer,
  { file, line, column }: Place,
  match: Match,
  matcher: Matcher,
): Place | undefined {
  const inMap = file.endsWith('.map') ? placeInText(match.start, bytes) : undefined
  if (inMap) return inMap
  const inSources = placesInSources(map, match, matcher)
  if (file.endsWith('.map')) return inSources[0]
  const mapped = originalPositionFor(map, { line, column: column - 1 })
  // Not in the types: a mapping can refer to a source that the map does not have.
  if (!mapped.source) return inSources[0]
  const source = readable(mapped.source)
  const place = inSources.find((candidate) => candidate.file === source) ?? inSources[0]
  return place ?? { file: source, line: mapped.line, column: mapped.column + 1 }
}

/** The place in a source whose text is at this offset of a source map. */
function placeInText(offset: number, bytes: Buffer): Place | undefined {
  const text = bytes.toString('utf8')
  const at = bytes.toString('utf8', 0, offset).length
  const { path, previousNode } = getLocation(text, at)
  const [list, index] = path.slice(-2)
  if (list !== 'sourcesContent' || index === undefined || !previousNode) return undefined
  const source = [...path.slice(0, -2), 'sources', index].reduce<unknown>(
    (value, key) => Reflect.get(Object(value), key),
    JSON.parse(text),
  )
  if (typeof source !== 'string') return undefined
  // The parser reads a string that does not end.
  const before = Buffer.from(String(parse(text.slice(previousNode.offset, at))))
  return placeOf(before, before.length, readable(source))
}

function placesInSources(
  { resolvedSources, sourcesContent }: TraceMap,
  { name }: Match,
  matcher: Matcher,
): readonly Place[] {
  return (sourcesContent ?? []).flatMap((content, index) => {
    const found = content === null ? undefined : matcher.find(content).find((match) => match.name === name)
    return content && found ? [placeOf(Buffer.from(content), found.start, readable(resolvedSources[index] ?? ''))] : []
  })
}

/** `webpack://app/./src/a.js?1f2e` → `src/a.js`. */
function readable(source: string): string {
  return source
    .replace(/^(?:webpack|rspack):\/\/[^/]*\//, '')
    .replace(/\?[^/]*$/, '')
    .replace(/^(?:\.{1,2}\/)+/, '')
}
