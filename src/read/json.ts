import { createScanner, type JSONScanner } from 'jsonc-parser'
import type { Problems } from '../errors/errors.ts'
import { typedScalar } from '../text/yaml-scalar.ts'
import type { MapNode, Scalar, ScalarNode, Source, TreeNode } from '../types.ts'
import {
  checkKey,
  collectFindings,
  type Findings,
  invalidCharactersIn,
  MESSAGES,
  TYPOGRAPHIC_QUOTES,
} from './findings.ts'
import { LIMITS, type MessageText } from './guard.ts'

/**
 * Parses a JSON object; comments and trailing commas are allowed. Returns undefined after an error, which is reported:
 * SYNTAX, TOO_DEEP, DUPLICATE_KEY, FORBIDDEN_KEY, ENCODING. Values are literal: nothing is substituted in them.
 */
export function parseJson(source: Source, problems: Problems): MapNode | undefined {
  const findings = collectFindings(source, problems)
  const scanner = createScanner(source.text ?? '')
  const reader: Reader = { source, findings, scanner, token: Token.end, path: [] }
  const node = advance(reader) === Token.openBrace ? readMap(reader, 1) : unexpected(reader, EXPECTED.object)
  if (node && reader.token !== Token.end) unexpected(reader, EXPECTED.end)
  findings.report()
  return findings.isEmpty ? node : undefined
}

/** The scanner's token kinds: the package declares them in a way that only tsc can compile. */
const Token = {
  openBrace: 1,
  closeBrace: 2,
  openBracket: 3,
  closeBracket: 4,
  comma: 5,
  colon: 6,
  null: 7,
  true: 8,
  false: 9,
  string: 10,
  number: 11,
  lineComment: 12,
  blockComment: 13,
  trivia: 15,
  unknown: 16,
  end: 17,
  /** Not a token of the scanner: an error was reported, and nothing is read after it. */
  broken: -1,
} as const

const EXPECTED = {
  object: { message: 'is not a JSON object', remedy: 'start it with { and end it with }' },
  key: {
    message: 'has something other than a key here',
    remedy: 'write keys in double quotes, and one comma between two entries',
  },
  colon: { message: 'has a key without a colon after it', remedy: 'put a colon between the key and its value' },
  value: { message: 'has something other than a value here', remedy: 'write strings in double quotes' },
  comma: { message: 'has no comma between two entries', remedy: 'put one after the first of them' },
  end: { message: 'has text after its end', remedy: 'remove everything after the last }' },
  straightQuote: { message: 'has a typographic quote here', remedy: 'write the straight one: "' },
  more: { message: 'ends unexpectedly', remedy: 'close every { and [' },
} as const satisfies Record<string, MessageText>

/** By the scanner's error numbers. */
const BROKEN_TOKENS: readonly (MessageText | undefined)[] = [
  undefined,
  { message: 'has a comment that is never closed', remedy: 'end it with */' },
  {
    message: 'has a string that is never closed',
    remedy: 'end it with a double quote on the same line; write a line break as \\n',
  },
  { message: 'has an incomplete number', remedy: 'complete the number, or put it in double quotes' },
  {
    message: 'has a \\u without four hexadecimal digits after it',
    remedy: 'write \\u00e9 or the character itself; write a backslash itself as \\\\',
  },
  { message: 'has a backslash before a character that cannot be escaped', remedy: 'write a backslash itself as \\\\' },
  { message: 'has a control character in a string', remedy: 'write a tab as \\t, any other as \\u and four digits' },
]

interface Reader {
  readonly source: Source
  readonly findings: Findings
  readonly scanner: JSONScanner
  /** The kind of the next token. */
  token: number
  readonly path: (string | number)[]
}

/** Undefined after an error that makes it pointless to go on. */
function readValue(reader: Reader, depth: number): TreeNode | undefined {
  switch (reader.token) {
    case Token.openBrace:
      return readMap(reader, depth)
    case Token.openBracket:
      return readList(reader, depth)
    case Token.string:
      return readScalar(reader, readString(reader))
    case Token.number:
      return readNumber(reader)
    case Token.true:
      return readScalar(reader, true)
    case Token.false:
      return readScalar(reader, false)
    case Token.null:
      return readScalar(reader, null)
    default:
      return unexpected(reader, EXPECTED.value)
  }
}

function readScalar(reader: Reader, value: Scalar): ScalarNode {
  const offset = reader.scanner.getTokenOffset()
  advance(reader)
  return { kind: 'scalar', value, style: 'literal', source: reader.source, offset }
}

/** An integer beyond ±2^53 stays a string; for other numbers the text is kept if it says more, as `1.10` does. */
function readNumber(reader: Reader): ScalarNode {
  const text = reader.scanner.getTokenValue()
  const value = typedScalar(text)
  return { ...readScalar(reader, value), ...(String(value) === text ? {} : { text }) }
}

function readMap(reader: Reader, depth: number): MapNode | undefined {
  const { source, scanner, path } = reader
  const offset = scanner.getTokenOffset()
  const entries = new Map<string, TreeNode>()
  const places = new Map<string, number>()
  if (depth > LIMITS.depth) return tooDeep(reader)
  advance(reader)
  while (reader.token !== Token.closeBrace) {
    if (reader.token !== Token.string) return unexpected(reader, EXPECTED.key)
    const key = readString(reader)
    path.push(key)
    checkKey(reader, key, scanner.getTokenOffset(), places)
    if (advance(reader) !== Token.colon) return unexpected(reader, EXPECTED.colon)
    advance(reader)
    const value = readValue(reader, depth + 1)
    if (!value) return undefined
    path.pop()
    entries.set(key, value)
    if (!readComma(reader, Token.closeBrace)) return undefined
  }
  advance(reader)
  return { kind: 'map', entries, source, offset }
}

function readList(reader: Reader, depth: number): TreeNode | undefined {
  const { source, scanner, path } = reader
  const offset = scanner.getTokenOffset()
  const items: TreeNode[] = []
  if (depth > LIMITS.depth) return tooDeep(reader)
  advance(reader)
  while (reader.token !== Token.closeBracket) {
    path.push(items.length)
    const item = readValue(reader, depth + 1)
    if (!item) return undefined
    path.pop()
    items.push(item)
    if (!readComma(reader, Token.closeBracket)) return undefined
  }
  advance(reader)
  return { kind: 'list', items, source, offset }
}

/** Whether the collection may go on; a trailing comma is allowed. */
function readComma(reader: Reader, close: number): boolean {
  if (reader.token === Token.comma) {
    advance(reader)
    return true
  }
  if (reader.token !== close) unexpected(reader, EXPECTED.comma)
  return reader.token === close
}

/** Checks and returns the string of the current token, without advancing. */
function readString({ scanner, findings, path }: Reader): string {
  const text = scanner.getTokenValue()
  const invalid = invalidCharactersIn(text)
  if (invalid) findings.add('ENCODING', scanner.getTokenOffset(), invalid, path)
  return text
}

/** Advances to the next token that is neither space nor a comment. */
function advance(reader: Reader): number {
  const { scanner } = reader
  do {
    reader.token = scanner.scan()
    const message = BROKEN_TOKENS[scanner.getTokenError()]
    if (message) unexpected(reader, message)
  } while (reader.token >= Token.lineComment && reader.token <= Token.trivia)
  return reader.token
}

/** Errors that follow from a broken token have the same position, and only the first finding per position is kept. */
function unexpected(reader: Reader, message: MessageText): undefined {
  const { findings, scanner, path } = reader
  findings.add('SYNTAX', scanner.getTokenOffset(), moreExact(reader, message), path)
  reader.token = Token.broken
}

function moreExact({ token, scanner }: Reader, message: MessageText): MessageText {
  if (token === Token.end && message !== EXPECTED.object) return EXPECTED.more
  if (token !== Token.unknown) return message
  return TYPOGRAPHIC_QUOTES.includes(scanner.getTokenValue().charAt(0)) ? EXPECTED.straightQuote : message
}

function tooDeep(reader: Reader): undefined {
  reader.findings.add('TOO_DEEP', reader.scanner.getTokenOffset(), MESSAGES.tooDeep)
}
