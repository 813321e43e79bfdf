import { basename, isAbsolute, posix, relative } from 'node:path'

/** Directories and files that no server may hand out: `.systemprompt` and everything below it, `.env`, `.env.local`, … */
const CONFIDENTIAL = /(?:^|[/\\])(?:\.systemprompt(?:[/\\ .:]|$)|\.env(?:[./\\ :~]|$))/i

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
 * doubled slashes, in capitals, or within another path such as `/@fs/…`. The query counts too.
 *
 * @param places what is handed out besides the root, which is at `/`
 */
export function asksForConfidential(url: string, served?: Served, places: readonly Place[] = []): boolean {
  const files = served ? [...served.confidential].flatMap((file) => requestsFor(file, served.root, places)) : []
  let text = url
  for (let count = 0; count < MOST_DECODINGS; count++) {
    if (isConfidential(text) || files.some((isFile) => partsOf(text).some(isFile))) return true
    const decoded = decode(text)
    if (decoded === text) return false
    text = decoded
  }
  return true
}

function isConfidential(text: string): boolean {
  return partsOf(text).some((part) => CONFIDENTIAL.test(part) || CONFIDENTIAL.test(withoutDots(part)))
}

function partsOf(text: string): readonly string[] {
  return text.replace(/\0/g, '').split(/[?#&=]/)
}

function withoutDots(part: string): string {
  return part.replace(/[/\\](?:\.?[/\\])+/g, '/')
}

/**
 * What parts of requests may be for a file: its path, or its path from the root, in whatever directory the root is
 * served; a name alone only where a server has it, since it may be the end of any other path.
 */
function requestsFor(file: string, root: string, places: readonly Place[]): readonly ((part: string) => boolean)[] {
  const inRoot = pathWithin(root, file)
  const ends = [plain(file), ...(inRoot === undefined || inRoot === basename(file) ? [] : [plain(`/${inRoot}`)])]
  const whole = [{ directory: root, below: '/' }, ...places].flatMap(({ directory, below }) => {
    const inside = pathWithin(directory, file)
    return inside === undefined ? [] : plain(`/${pathOf(below)}/${inside}`)
  })
  return [(part) => ends.some((end) => plain(part).endsWith(end)), (part) => whole.includes(plain(part))]
}

function pathWithin(directory: string, file: string): string | undefined {
  const inside = relative(directory, file)
  return inside.startsWith('..') || isAbsolute(inside) ? undefined : inside
}

function pathOf(address: string): string {
  return URL.canParse(address) ? new URL(address).pathname : address
}

function plain(path: string): string {
  return posix
    .normalize(path.replaceAll('\\', '/'))
    .toLowerCase()
    .replace(/[/. ]+$|::\$\w+$/, '')
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
