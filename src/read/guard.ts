import { isUtf8 } from 'node:buffer'
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  type Stats,
  statSync,
} from 'node:fs'
import type { Problems } from '../errors/errors.ts'
import type { ProblemCode } from '../errors/problem-codes.ts'
import { systemCode } from '../files/system-code.ts'
import { noteFile, noteListing, type Trail } from '../files/trail.ts'
import type { Source } from '../types.ts'

/** The limits for reading files, as promised in docs/security.md. */
export const LIMITS = {
  /** Bytes per file. */
  bytes: 1024 * 1024,
  /** Service files per load. */
  files: 256,
  /** Levels of nested maps and lists. */
  depth: 64,
  /** Levels of nested includes. */
  includeLevels: 32,
  /** Nodes that all aliases of a YAML file expand to, in total. */
  aliasNodes: 100_000,
  /** Errors reported per file. */
  errors: 10,
} as const

export interface ReadText {
  readonly source: Source
  /** Permission bits, such as `0o600`. */
  readonly mode: number
  /** The user id of the owner; 0 is root, and everybody on Windows. */
  readonly owner: number
}

export interface ReadOptions {
  /** Keep CRLF, since the file is a single value. @default false */
  readonly raw?: boolean
}

/** Files whose names show that they hold secrets, however they are used: somebody may pass `.env` as a profile. */
const HOLDS_SECRETS = /(?:^|[\\/])(?:\.env\.[^\\/]*|(?:secrets|credentials|tenants)\.json)$|\.env$/i

/**
 * Reads a text file. Returns undefined if it does not exist, without a report, or if it cannot be read, which is
 * reported: FILE_UNREADABLE, FILE_TOO_LARGE, ENCODING. Symbolic links are followed, since Kubernetes mounts consist of
 * them; a FIFO or a device is rejected without waiting for it.
 */
export function readText(
  file: string,
  given: Omit<Source, 'text'>,
  problems: Problems,
  options: ReadOptions = {},
): ReadText | undefined {
  problems.trail.files.add(file)
  const source = { ...given, confidential: given.confidential || HOLDS_SECRETS.test(file) }
  const opened = open(file)
  if ('failure' in opened) {
    if (!opened.failure) noteFile(problems.trail, file, undefined)
    if (opened.failure) problems.error({ ...opened.failure, ...namedBy(source), at: { source } })
    return undefined
  }
  const { stat } = opened
  noteFile(problems.trail, file, stat)
  const text = decode(opened.bytes, source, problems)
  if (text === undefined) return undefined
  return {
    source: { ...source, text: options.raw ? text : withoutCarriageReturns(text) },
    mode: stat.mode & 0o777,
    owner: stat.uid,
  }
}

/**
 * The bytes of a regular file; undefined if it does not exist, cannot be read or is too large. `onFailure` is called
 * for the last two.
 */
export function readFileBytes(file: string, onFailure?: (failure: Failure) => void): Uint8Array | undefined {
  const opened = open(file)
  if ('bytes' in opened) return opened.bytes
  if (opened.failure) onFailure?.(opened.failure)
  return undefined
}

export function isDirectory(path: string, trail?: Trail): boolean {
  return statOf(path, trail)?.isDirectory() ?? false
}

export function pathExists(path: string, trail?: Trail): boolean {
  return statOf(path, trail) !== undefined
}

function statOf(path: string, trail: Trail | undefined): Stats | undefined {
  const stat = statIfAny(path)
  if (trail) noteFile(trail, path, stat)
  return stat
}

function statIfAny(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch {
    return undefined
  }
}

/** The names in a directory, sorted; none if it does not exist or cannot be read, which calls `onFailure`. */
export function listDirectory(path: string, trail?: Trail, onFailure?: (failure: Failure) => void): string[] {
  if (trail) noteListing(trail, path)
  try {
    return readdirSync(path).sort()
  } catch (error) {
    const failure = failureOf(error)
    if (failure) onFailure?.(failure)
    return []
  }
}

/** The failure if permissions hide whether a path exists; undefined otherwise. */
export function accessFailure(path: string): Failure | undefined {
  try {
    statSync(path, { throwIfNoEntry: false })
    return undefined
  } catch (error) {
    const failure = failureOf(error)
    return failure === FORBIDDEN || failure === NOT_PERMITTED ? failure : undefined
  }
}

/** The path with all symbolic links resolved; undefined if it leads nowhere. */
export function realPath(path: string, trail?: Trail): string | undefined {
  trail?.files.add(path)
  try {
    return realpathSync.native(path)
  } catch {
    return undefined
  }
}

export interface MessageText {
  readonly message: string
  readonly remedy: string
}

export type Failure = { readonly code: ProblemCode } & MessageText
type Opened = { readonly bytes: Buffer; readonly stat: Stats } | { readonly failure: Failure | undefined }

const TOO_LARGE: Failure = {
  code: 'FILE_TOO_LARGE',
  message: `is larger than ${LIMITS.bytes / 1024 / 1024} MiB`,
  remedy: 'check that it is the right file, and move what is not configuration out of it',
}

const FORBIDDEN: Failure = {
  code: 'FILE_UNREADABLE',
  message: 'cannot be read by the current user',
  remedy: 'give that user read permission: chown or chmod u+rX',
}

/** By Node's permission model, which no rights of the file system open. */
const NOT_PERMITTED: Failure = {
  code: 'FILE_UNREADABLE',
  message: "cannot be read: Node's permissions do not allow it",
  remedy: 'start Node with --allow-fs-read for the directory of the project and all that it names elsewhere',
}

function open(file: string): Opened {
  let descriptor: number | undefined
  try {
    // Without O_NONBLOCK, opening a FIFO waits for a writer. Windows has neither.
    descriptor = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
    const stat = fstatSync(descriptor)
    if (!stat.isFile()) return { failure: notAFile(stat.isDirectory() ? 'a directory' : 'a device, pipe or socket') }
    if (stat.size > LIMITS.bytes) return { failure: TOO_LARGE }
    const bytes = readAll(descriptor, stat.size)
    return bytes ? { bytes, stat } : { failure: TOO_LARGE }
  } catch (error) {
    return { failure: failureOf(error) }
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}

/** Undefined if there is more than the limit allows: the file grew, or its size is not known in advance (/proc). */
function readAll(descriptor: number, size: number): Buffer | undefined {
  let buffer = Buffer.allocUnsafe(size + 1)
  let length = 0
  for (;;) {
    const count = readSync(descriptor, buffer, length, buffer.length - length, null)
    if (count === 0) return buffer.subarray(0, length)
    length += count
    if (length > LIMITS.bytes) return undefined
    if (length === buffer.length) buffer = Buffer.concat([buffer], Math.min(buffer.length * 2 + 4096, LIMITS.bytes + 1))
  }
}

function failureOf(error: unknown): Failure | undefined {
  const code = systemCode(error)
  if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
  if (code === 'EISDIR') return notAFile('a directory')
  if (code === 'ENXIO' || code === 'ENODEV' || code === 'EOPNOTSUPP') return notAFile('a device, pipe or socket')
  if (code === 'EACCES' || code === 'EPERM') return FORBIDDEN
  if (code === 'ERR_ACCESS_DENIED') return NOT_PERMITTED
  if (code === 'ELOOP')
    return {
      code: 'FILE_UNREADABLE',
      message: 'is a symbolic link that leads back to itself',
      remedy: 'replace it with the file',
    }
  return {
    code: 'FILE_UNREADABLE',
    message: code === '' ? 'cannot be read' : `cannot be read (${code})`,
    remedy: 'check the path and the file system',
  }
}

function notAFile(what: string): Failure {
  return { code: 'FILE_UNREADABLE', message: `is ${what}, not a file`, remedy: 'replace it with a regular file' }
}

const UTF16 = [Buffer.from([0xff, 0xfe]), Buffer.from([0xfe, 0xff])]
const AS_UTF8 = 'save the file as UTF-8'

function decode(bytes: Buffer, source: Omit<Source, 'text'>, problems: Problems): string | undefined {
  const fail = (at: number, message: string, remedy: string): undefined => {
    const before = withoutBom(bytes.toString('utf8', 0, at))
    // The position is where the readable text ends.
    problems.error({
      code: 'ENCODING',
      message,
      remedy,
      ...namedBy(source),
      at: { source: { ...source, text: before }, offset: before.length },
    })
  }
  if (UTF16.some((mark) => bytes.subarray(0, 2).equals(mark))) return fail(0, 'is UTF-16', AS_UTF8)
  if (!isUtf8(bytes)) {
    const at = firstInvalidByte(bytes)
    return fail(at, `is not UTF-8: the byte at offset ${at} is not part of a character`, AS_UTF8)
  }
  const nul = bytes.indexOf(0)
  if (nul !== -1)
    return fail(nul, `contains a NUL byte, at offset ${nul}`, `remove it; if the file is UTF-16, ${AS_UTF8}`)
  return withoutBom(bytes.toString())
}

/** If a variable names the file, the message names the variable: the path may be one of many. */
function namedBy({ name }: Omit<Source, 'text'>): { readonly key?: string } {
  return name === undefined ? {} : { key: name }
}

/** The decoder inserts U+FFFD for invalid bytes; the first one that the bytes do not spell out is the position. */
function firstInvalidByte(bytes: Buffer): number {
  const text = bytes.toString()
  let offset = 0
  let from = 0
  for (let at = text.indexOf('\ufffd'); at !== -1; at = text.indexOf('\ufffd', from)) {
    offset += Buffer.byteLength(text.slice(from, at))
    if (bytes.toString('latin1', offset, offset + 3) !== '\u00ef\u00bf\u00bd') break
    offset += 3
    from = at + 1
  }
  return offset
}

function withoutBom(text: string): string {
  return text.startsWith('\ufeff') ? text.slice(1) : text
}

function withoutCarriageReturns(text: string): string {
  return text.includes('\r') ? text.replaceAll('\r\n', '\n') : text
}
