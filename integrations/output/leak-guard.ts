import { ConfigError, type Problem, type PublicValues } from '../../src/index.ts'
import { createMatcher, createRedactor, type Match, type Matcher, type SecretValue } from '../../src/scan/index.ts'
import { withoutStack } from '../refusals.ts'
import { findInDataUrls } from './data-urls.ts'
import type { Place } from './source-origin.ts'
import { findInFolder, type Written } from './written-files.ts'

/** A file that a build is about to write. */
export interface OutputFile {
  /** Relative to the output directory. */
  readonly name: string
  readonly content: string | Uint8Array
}

/** What was found, and in which files. The error contains no part of a value; a file's name may be one. */
export interface Leaks {
  readonly error: ConfigError
  readonly files: readonly string[]
}

/** Searches build output for secrets; returns undefined if there are none. */
export interface LeakGuard {
  /** Searches chunks, assets, pages and source maps, and their names. */
  find(files: Iterable<OutputFile>): Promise<Leaks | undefined>
  /** Searches files that something else wrote to a directory. */
  findWritten(written: Written): Leaks | undefined
}

/** How often the same secret is reported for a file, at most. */
const MAX_REPORTS_PER_FILE = 5

/** Creating one takes a millisecond for each secret, so it is reused until they change. */
export function createLeakGuard(secrets: readonly SecretValue[], publicValues: PublicValues = {}): LeakGuard {
  const matcher = createMatcher(secrets, { publicValues })
  const leaksOf = (leaking: readonly Leaking[]): Leaks | undefined =>
    leaking.length === 0 ? undefined : { error: errorOf(leaking), files: [...new Set(leaking.map(({ file }) => file))] }
  return {
    async find(files) {
      const all = [...files]
      const hits = all.map((file) => searchedIn(file, matcher)).filter(isHit)
      return hits.length === 0 ? undefined : leaksOf(await reported(hits, all, matcher))
    },
    findWritten(written) {
      const found = findInFolder(matcher, written)
      return leaksOf([
        ...found.names.flatMap((name) => leaksInName(name, matcher)),
        ...found.findings.map(({ file, line, column, ...match }) => ({
          file,
          problem: problemOf(match, { file: masked(file, matcher), line, column }, undefined),
        })),
      ])
    },
  }
}

interface Leaking {
  readonly file: string
  readonly problem: Problem
}

function errorOf(leaking: readonly Leaking[]): ConfigError {
  const title = 'The build was stopped because its output contains secrets'
  return withoutStack(
    new ConfigError(
      leaking.map(({ problem }) => problem),
      { title },
    ),
  )
}

interface Searched {
  readonly file: OutputFile
  readonly matches: readonly Match[]
  readonly inName: readonly Leaking[]
}

function searchedIn(file: OutputFile, matcher: Matcher): Searched {
  const bytes = bytesOf(file)
  const matches = matcher.find(bytes)
  const inside = findInDataUrls(bytes, matcher).filter(({ name }) => !matches.some((match) => match.name === name))
  return { file, matches: [...matches, ...inside], inName: leaksInName(file.name, matcher) }
}

function isHit({ matches, inName }: Searched): boolean {
  return matches.length + inName.length > 0
}

/** Loads the code for source maps only now: most builds have no secrets in them. */
async function reported(
  hits: readonly Searched[],
  files: readonly OutputFile[],
  matcher: Matcher,
): Promise<readonly Leaking[]> {
  const { originOf, placeOf, sourceMapOf } = await import('./source-origin.ts')
  const byName = new Map(files.map((file) => [file.name, file]))
  return hits.flatMap(({ file, matches, inName }) => {
    const { name } = file
    const bytes = bytesOf(file)
    const beside = byName.get(`${name}.map`)
    const map = matches.length === 0 ? undefined : sourceMapOf(name, bytes, beside && bytesOf(beside))
    const counts = new Map<string, number>()
    const inContent = matches.flatMap((match) => {
      const count = (counts.get(match.name) ?? 0) + 1
      counts.set(match.name, count)
      if (count > MAX_REPORTS_PER_FILE) return []
      const place = placeOf(bytes, match.start, name)
      const origin = map && originOf(map, bytes, place, match, matcher)
      const shown = { ...place, file: masked(name, matcher) }
      return [
        { file: name, problem: problemOf(match, shown, origin && { ...origin, file: masked(origin.file, matcher) }) },
      ]
    })
    return [...inName, ...inContent]
  })
}

function bytesOf({ content }: OutputFile): Buffer {
  return typeof content === 'string'
    ? Buffer.from(content)
    : Buffer.from(content.buffer, content.byteOffset, content.byteLength)
}

/** Everybody who requests a file sees its name. */
function leaksInName(name: string, matcher: Matcher): readonly Leaking[] {
  return matcher.find(name).map((match) => ({
    file: name,
    problem: {
      code: 'SECRET_IN_OUTPUT',
      key: match.name,
      message: `${whatOf(match)} is in the name of this file${howOf(match)}`,
      remedy: 'rename the file',
      file: masked(name, matcher),
      docs: '@systemprompt/env/docs/errors.md#secret_in_output',
    },
  }))
}

function masked(name: string, matcher: Matcher): string {
  const redactor = createRedactor(matcher)
  const start = redactor.push(Buffer.from(name))
  return Buffer.concat([start, redactor.end()]).toString('utf8')
}

type Found = Pick<Match, 'name' | 'part' | 'form'>

function problemOf(found: Found, { file, line, column }: Place, source: Place | undefined): Problem {
  return {
    code: 'SECRET_IN_OUTPUT',
    key: found.name,
    message: `${whatOf(found)} is in this file${howOf(found)}`,
    remedy: 'remove it where it comes from, and read it at run time on the server',
    file,
    line,
    column,
    ...(source
      ? { frame: `      from ${source.file}${source.line > 0 ? `:${source.line}:${source.column}` : ''}` }
      : {}),
    docs: '@systemprompt/env/docs/errors.md#secret_in_output',
  }
}

function whatOf({ part }: Found): string {
  return part === undefined ? 'the secret' : PARTS[part]
}

const PARTS: Readonly<Record<NonNullable<Match['part']>, string>> = {
  password: 'the password of the secret',
  line: 'a line of the secret',
  value: 'a value in the secret',
}

function howOf({ form }: Found): string {
  return form === 'plain' ? '' : `, ${HOW[form] ?? `as ${form}`}`
}

const HOW: Readonly<Record<string, string>> = {
  escaped: 'with escapes',
  html: 'with entities',
  url: 'percent-encoded',
}
