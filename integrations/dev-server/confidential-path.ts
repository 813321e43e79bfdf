import { basename, posix } from 'node:path'
import { pathWithin } from '../path-within.ts'

/**
 * Directories and files that no server may hand out: `.systemprompt` and everything below it, `.env`, `.env.local`, …, and the
 * short names that Windows gives them, such as `SYSTEM~1`.
 */
const CONFIDENTIAL =
  /(?:^|[/\\])(?:\.systemprompt(?:[/\\ .:]|$)|\.env(?:[./\\ :~]|$)|(?:system|sy[0-9a-f]{4}|env\w{0,3}|en[0-9a-f]{4})~\d)/i

/** A short name of Windows, `SECRET~1.JSO`: the first letters, or after some of the same two of them and a number. */
const SHORT = /^([^~.]{1,6})~\d+(?:\.[^~.]{0,3})?$/

/** What HFS+ passes over in a name. */
const UNSEEN = /[\0\p{Default_Ignorable_Code_Point}]/gu

/** What Windows passes over at the end of a name: dots, spaces, and the stream that a file or a directory is anyway. */
const PASSED_OVER = /(?<![. ])[. ]*(?::[\w$]*:\$\w+[. ]*)?$/

/** Decoding more often than this is no honest request. */
const MOST_DECODINGS = 8

/** What a server hands out, and what it must not. */
export interface Served {
  /** Absolute. */
  readonly root: string
  /** Files with secrets that are called as they like, absolute. */
  readonly confidential: Iterable<string>
}

/** A directory whose files a server hands out below a path: `/`, `/app/`, or the whole address of it. */
export interface Place {
  /** Absolute. */
  readonly directory: string
  readonly below: string
}

/**
 * Whether a request asks for a confidential file, however it spells it: encoded once or more, with backslashes, dots,
 * doubled slashes, in capitals or other letters that a file system takes for the same, by a short name of Windows, or within
 * another path such as `/@fs/…`. The query counts too.
 *
 * @param places what is handed out besides the root, which is at `/`
 */
export function asksForConfidential(url: string, served?: Served, places: readonly Place[] = []): boolean {
  const files = served ? [...served.confidential].flatMap((file) => requestsFor(file, served.root, places)) : []
  const isAsked = (part: string): boolean => isConfidential(part) || files.some((isFile) => isFile(part))
  return partsOf(url).some((part) => isDecodedTo(part, isAsked))
}

/** Whether a part of a request, or a part of what is encoded in it, is one of these. */
function isDecodedTo(given: string, isAsked: (part: string) => boolean): boolean {
  let text = given
  for (let count = 0; count < MOST_DECODINGS; count++) {
    if (partsOf(text).some(isAsked)) return true
    const decoded = decode(text)
    if (decoded === text) return false
    text = decoded
  }
  return true
}

function isConfidential(part: string): boolean {
  return CONFIDENTIAL.test(withPlainLetters(part))
}

/** A request as a whole and what may be a path in it: what parts one is also a letter of names, such as `R&D`. */
function partsOf(text: string): readonly string[] {
  return [...new Set([text, ...text.split(/[?#]/), ...text.split(/[?#&=]/)])]
}

/** A name is found on a Mac by letters that are others, and count as the same: `.ſystemprompt`, with a long s. */
function withPlainLetters(text: string): string {
  return text.normalize('NFKC').replace(UNSEEN, '')
}

/**
 * What parts of requests may be for a file: its path, or its path from the root, in whatever directory the root is
 * served; a name alone only where a server has it, since it may be the end of any other path.
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

function areSame(asked: readonly string[], names: readonly string[]): boolean {
  return (
    asked.length === names.length && names.every((name, at) => name === asked[at] || isShortFor(asked[at] ?? '', name))
  )
}

function isShortFor(asked: string, name: string): boolean {
  const stem = onlyLetters(SHORT.exec(asked)?.[1] ?? '')
  const letters = onlyLetters(name)
  return (
    stem !== '' && (letters.startsWith(stem) || (letters.startsWith(stem.slice(0, 2)) && /^..[0-9a-f]{4}$/.test(stem)))
  )
}

/** Windows leaves out what a short name cannot have, or writes `_` for it. */
function onlyLetters(name: string): string {
  return name.replace(/[^a-z0-9]/g, '')
}

function pathOf(address: string): string {
  return URL.canParse(address) ? new URL(address).pathname : address
}

/** The names of a path, in the letters in which any file system would find them. */
function namesOf(path: string): readonly string[] {
  return posix
    .normalize(withSameLetters(path).replaceAll('\\', '/'))
    .split('/')
    .map((name) => name.replace(PASSED_OVER, ''))
    .filter((name) => name !== '')
}

/** `ẞ` is `ß`, and that is `ss`; what was one letter may be made of two by it. */
function withSameLetters(text: string): string {
  return withPlainLetters(withPlainLetters(text).toLowerCase().toUpperCase().toLowerCase())
}

/** What cannot be decoded is decoded as far as it can be. */
function decode(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    try {
      return decodeURIComponent(run)
    } catch {
      return Buffer.from(run.replaceAll('%', ''), 'hex').toString('latin1')
    }
  })
}
