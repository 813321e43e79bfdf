import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping'
import { ConfigError, type Problem } from '../src/index.ts'
import { createMatcher, type Match, type Matcher, type NamedSecret } from '../src/scan/index.ts'

/** One file that a build is about to write. */
export interface OutputFile {
  /** From the output directory. */
  readonly name: string
  readonly content: string | Uint8Array
}

/** What was found, and in which files. No part of it has a value. */
export interface Leaks {
  readonly error: ConfigError
  readonly files: readonly string[]
}

/** Where something stands; `line` and `column` are 1-based. */
interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** The same secret is told of so many times in a file. */
const MOST = 5

/**
 * Looks for secrets in everything that a build writes: chunks, assets, pages and source maps.
 * @returns undefined when there are none
 */
export function findLeaks(files: Iterable<OutputFile>, secrets: readonly NamedSecret[]): Leaks | undefined {
  if (secrets.length === 0) return undefined
  const matcher = createMatcher(secrets)
  const all = [...files]
  const leaking = all.flatMap((file) => {
    const matches = matcher.find(file.content)
    return matches.length === 0 ? [] : [{ file, matches }]
  })
  if (leaking.length === 0) return undefined
  const byName = new Map(all.map((file) => [file.name, file]))
  const problems = leaking.flatMap(({ file, matches }) => problemsIn(file, matches, byName, matcher))
  const title = 'The build is stopped, since its output holds secrets'
  const error = new ConfigError(problems, { title })
  // Where in this plugin it was made tells nobody anything.
  error.stack = `${error.name}: ${error.message}`
  return { error, files: leaking.map(({ file }) => file.name) }
}

function problemsIn(
  file: OutputFile,
  matches: readonly Match[],
  files: ReadonlyMap<string, OutputFile>,
  matcher: Matcher,
): readonly Problem[] {
  const bytes = Buffer.from(file.content)
  const isMap = file.name.endsWith('.map')
  const map = isMap ? asMap(bytes.toString('utf8')) : sourceMapOf(file, bytes, files)
  const told = new Map<string, number>()
  return matches.flatMap((match) => {
    const count = (told.get(match.name) ?? 0) + 1
    told.set(match.name, count)
    if (count > MOST) return []
    const place = placeOf(bytes, match.start, file.name)
    const source = isMap ? map && placesInSources(map, match, matcher)[0] : map && originOf(map, place, match, matcher)
    return [problemOf(match, place, source)]
  })
}

function problemOf({ name, part, form }: Match, { file, line, column }: Place, source: Place | undefined): Problem {
  const what =
    part === undefined ? 'the secret' : part === 'line' ? 'a line of the secret' : 'the password of the secret'
  const written = form === 'plain' ? '' : `, ${HOW[form] ?? `as ${form}`}`
  return {
    code: 'SECRET_IN_OUTPUT',
    key: name,
    message: `${what} stands in this file${written}`,
    remedy: 'take it out where it comes from, and read it at run time on the server',
    file,
    line,
    column,
    ...(source
      ? { frame: `      from ${source.file}${source.line > 0 ? `:${source.line}:${source.column}` : ''}` }
      : {}),
    docs: '@systemprompt/env/docs/errors.md#secret_in_output',
  }
}

const HOW: Readonly<Record<string, string>> = {
  escaped: 'with escapes',
  html: 'with entities',
  url: 'percent-encoded',
}

function placeOf(bytes: Buffer, offset: number, file: string): Place {
  const start = bytes.lastIndexOf('\n', offset === 0 ? 0 : offset - 1) + 1
  let line = 1
  for (let at = bytes.indexOf('\n'); at !== -1 && at < offset; at = bytes.indexOf('\n', at + 1)) line++
  return { file, line, column: bytes.subarray(start, offset).toString('utf8').length + 1 }
}

const MAP_COMMENT = /[#@] ?sourceMappingURL=(\S+)\s*(?:\*\/)?\s*$/

/** The map beside a file, or in it. */
function sourceMapOf(file: OutputFile, bytes: Buffer, files: ReadonlyMap<string, OutputFile>): TraceMap | undefined {
  const beside = files.get(`${file.name}.map`)
  if (beside) return asMap(Buffer.from(beside.content).toString('utf8'))
  const [, url = ''] = MAP_COMMENT.exec(bytes.toString('utf8')) ?? []
  const [, base64] = /^data:[^,]*;base64,(.+)$/.exec(url) ?? []
  return base64 === undefined ? undefined : asMap(Buffer.from(base64, 'base64').toString('utf8'))
}

function asMap(text: string): TraceMap | undefined {
  try {
    return new TraceMap(text)
  } catch {
    return undefined
  }
}

/** The source whose text has it; a minifier may have joined it, or moved it to where it is used. */
function originOf(map: TraceMap, { line, column }: Place, match: Match, matcher: Matcher): Place | undefined {
  const mapped = originalPositionFor(map, { line, column: column - 1 })
  const inSource = placesInSources(map, match, matcher)
  const place = inSource.find(({ file }) => mapped.source !== null && file === readable(mapped.source)) ?? inSource[0]
  if (place) return place
  return mapped.source === null
    ? undefined
    : { file: readable(mapped.source), line: mapped.line, column: mapped.column + 1 }
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
