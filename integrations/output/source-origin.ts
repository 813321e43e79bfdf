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
    return new TraceMap(text)
  } catch {
    return undefined
  }
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

/** The source whose text is at this offset of a source map; null if none is. */
function sourceAround(offset: number, bytes: Buffer, { sources, sourcesContent }: TraceMap): string | null {
  let end = bytes.indexOf('"sourcesContent"')
  for (const [index, content] of (sourcesContent ?? []).entries()) {
    const encoded = Buffer.from(JSON.stringify(content))
    const start = bytes.indexOf(encoded, end)
    if (start === -1) continue
    end = start + encoded.length
    if (offset >= start && offset < end) return sources[index] ?? null
  }
  return null
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
