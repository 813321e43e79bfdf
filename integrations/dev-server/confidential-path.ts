import { basename, posix } from 'node:path'
import { pathWithin } from '../path-within.ts'

/**
 * Directories and files that no server may serve: `.systemprompt` and everything below it, `.env`, `.env.local`, …, and
 * their short names on Windows, such as `SYSTEM~1`.
 */
const CONFIDENTIAL =
  /(?:^|[/\\])(?:\.systemprompt(?:[/\\ .:]|$)|\.env(?:[./\\ :~]|$)|(?:system|sy[0-9a-f]{4}|env\w{0,3}|en[0-9a-f]{4})~\d)/i

/** A Windows short name, `SECRET~1.JSO`: up to six letters, or two letters and a hash after several of the same. */
const SHORT = /^([^~.]{1,6})~\d+(?:\.[^~.]{0,3})?$/

/** Characters that HFS+ ignores in a name. */
const IGNORABLE = /[\0\p{Default_Ignorable_Code_Point}]/gu

/** What Windows ignores at the end of a name: dots, spaces, and the name of the default stream. */
const IGNORED_ENDING = /(?<![. ])[. ]*(?::[\w$]*:\$\w+[. ]*)?$/

/** No honest request is encoded more often than this. */
const MAX_DECODINGS = 8

/** What a server serves, and what it must not. */
export interface Served {
  /** Absolute. */
  readonly root: string
  /** Files with secrets, whatever their names; absolute. */
  readonly confidential: Iterable<string>
}

/** A directory whose files are served below a path: `/`, `/app/`, or a whole URL. */
export interface Place {
  /** Absolute. */
  readonly directory: string
  readonly below: string
}

/** The places of a server that serves these directories, at its base or at `/`. */
export function placesAt(base: string, directories: readonly string[]): readonly Place[] {
  return directories.flatMap((directory) => [base, '/'].map((below) => ({ directory, below })))
}

/**
 * Whether a request asks for a confidential file, however it is spelled: encoded once or more, with backslashes, dots,
 * doubled slashes, in capitals or other letters that a file system treats as equal, by a Windows short name, or within
 * another path such as `/@fs/…`. The query counts too.
 *
 * @param places what is served besides the root, which is at `/`
 */
export function asksForConfidential(url: string, served?: Served, places: readonly Place[] = []): boolean {
  const files = served ? [...served.confidential].flatMap((file) => requestsFor(file, served.root, places)) : []
  const isMatch = (part: string): boolean => isConfidential(part) || files.some((isFile) => isFile(part))
  return partsOf(url).some((part) => isDecodedTo(part, isMatch))
}

/** Whether a part of a request matches, as it is or after decoding. */
function isDecodedTo(given: string, isMatch: (part: string) => boolean): boolean {
  let text = given
  for (let count = 0; count < MAX_DECODINGS; count++) {
    if (partsOf(text).some(isMatch)) return true
    const decoded = decode(text)
    if (decoded === text) return false
    text = decoded
  }
  return true
}

function isConfidential(part: string): boolean {
  return CONFIDENTIAL.test(withPlainLetters(part))
}

/** A request and every part of it that may be a path; the separators can also be in names, such as `R&D`. */
function partsOf(text: string): readonly string[] {
  return [...new Set([text, ...text.split(/[?#]/), ...text.split(/[?#&=]/)])]
}

/** macOS treats some different letters in a name as the same: `.ſystemprompt`, with a long s. */
function withPlainLetters(text: string): string {
  return text.normalize('NFKC').replace(IGNORABLE, '')
}

/**
 * Tests whether a part of a request is for a file: by its path, or by its path from the root, in whatever directory the
 * root is served. A bare name matches only where a server has it, since any other path may end with it.
 */
function requestsFor(file: string, root: string, places: readonly Place[]): readonly ((part: string) => boolean)[] {
  const inRoot = pathWithin(root, file)
  const ends = [namesOf(file), ...(inRoot === undefined || inRoot === basename(file) ? [] : [namesOf(inRoot)])]
  const whole = [{ directory: root, below: '/' }, ...places].flatMap(({ directory, below }) => {
    const inside = pathWithin(directory, file)
    return inside === undefined ? [] : [namesOf(`${pathOf(below)}/${inside}`)]
  })
  return [
    (part) => ends.some((end) => areSame(namesOf(part).slice(-end.length), end)),
    (part) => whole.some((path) => areSame(namesOf(part), path)),
  ]
}

function areSame(requested: readonly string[], names: readonly string[]): boolean {
  return (
    requested.length === names.length &&
    names.every((name, at) => name === requested[at] || isShortFor(requested[at] ?? '', name))
  )
}

function isShortFor(requested: string, name: string): boolean {
  const prefix = onlyLetters(SHORT.exec(requested)?.[1] ?? '')
  const letters = onlyLetters(name)
  return (
    prefix !== '' &&
    (letters.startsWith(prefix) || (letters.startsWith(prefix.slice(0, 2)) && /^..[0-9a-f]{4}$/.test(prefix)))
  )
}

/** Windows leaves out characters that a short name cannot contain, or replaces them with `_`. */
function onlyLetters(name: string): string {
  return name.replace(/[^a-z0-9]/g, '')
}

/** Not by `URL.canParse`: once it is compiled, Node 20 and 22 refuse letters beyond ASCII in it. */
function pathOf(address: string): string {
  try {
    return new URL(address).pathname
  } catch {
    return address
  }
}

/** The names in a path, normalised to the letters by which any file system would find them. */
function namesOf(path: string): readonly string[] {
  return posix
    .normalize(withSameLetters(path).replaceAll('\\', '/'))
    .split('/')
    .map((name) => name.replace(IGNORED_ENDING, ''))
    .filter((name) => name !== '')
}

/** `ẞ` is `ß`, and that is `ss`: one letter may become two. */
function withSameLetters(text: string): string {
  return withPlainLetters(withPlainLetters(text).toLowerCase().toUpperCase().toLowerCase())
}

/** Decodes as much as can be decoded. */
function decode(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    try {
      return decodeURIComponent(run)
    } catch {
      return Buffer.from(run.replaceAll('%', ''), 'hex').toString('latin1')
    }
  })
}
