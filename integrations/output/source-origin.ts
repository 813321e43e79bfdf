import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping'
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
export function sourceMapOf(
  name: string,
  bytes: Buffer,
  beside: string | Uint8Array | undefined,
): TraceMap | undefined {
  if (name.endsWith('.map')) return asMap(bytes.toString('utf8'))
  if (beside !== undefined) return asMap(Buffer.from(beside).toString('utf8'))
  const [, base64] = MAP_COMMENT.exec(bytes.toString('utf8')) ?? []
  return base64 === undefined ? undefined : asMap(Buffer.from(base64, 'base64').toString('utf8'))
}

function asMap(text: string): TraceMap | undefined {
  try {
    const map = new TraceMap(text)
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
  const inSources = placesInSources(map, match, matcher)
  const inSource = (source: string | null): Place | undefined =>
    inSources.find((candidate) => source !== null && candidate.file === readable(source)) ?? inSources[0]
  if (file.endsWith('.map')) return inSource(sourceAround(match.start, bytes, map))
  const mapped = originalPositionFor(map, { line, column: column - 1 })
  const place = inSource(mapped.source)
  if (place || mapped.source === null) return place
  return { file: readable(mapped.source), line: mapped.line, column: mapped.column + 1 }
}

/** The source whose text is at this offset of a source map, however its text is escaped; null if none is. */
function sourceAround(offset: number, bytes: Buffer, { sources }: TraceMap): string | null {
  const key = bytes.indexOf('"sourcesContent"')
  if (key === -1 || key > offset) return null
  let index = 0
  let isInText = false
  for (let at = bytes.indexOf('[', key); at < offset; at++) {
    const byte = String.fromCharCode(bytes[at] as number)
    if (byte === '\\') at++
    else if (byte === '"') isInText = !isInText
    else if (byte === ',' && !isInText) index++
    else if (byte === ']' && !isInText) return null
  }
  return isInText ? (sources[index] ?? null) : null
}

function placesInSources({ sources, sourcesContent }: TraceMap, { name }: Match, matcher: Matcher): readonly Place[] {
  return (sourcesContent ?? []).flatMap((content, index) => {
    const found = content === null ? undefined : matcher.find(content).find((match) => match.name === name)
    return content && found ? [placeOf(Buffer.from(content), found.start, readable(sources[index] ?? ''))] : []
  })
}

/** `webpack://app/./src/a.js?1f2e` → `src/a.js`. */
function readable(source: string): string {
  return source
    .replace(/^(?:webpack|rspack):\/\/[^/]*\//, '')
    .replace(/\?[^/]*$/, '')
    .replace(/^(?:\.{1,2}\/)+/, '')
}
