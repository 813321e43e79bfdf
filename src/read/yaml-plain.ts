import { typedScalar } from '../text/yaml-scalar.ts'
import { isForbiddenKey } from '../tree.ts'
import type { ListNode, MapNode, ScalarNode, Source, TreeNode } from '../types.ts'
import { LIMITS } from './guard.ts'

/**
 * Reads the YAML that nearly every settings file uses: block maps and lists, scalars on one line, comments. It makes
 * starts faster, since the full parser, when cold, takes longer than everything else together. Anything else (anchors,
 * tags, multi-line strings, escapes, anything odd), and every error, is left to the full parser: undefined means that
 * this reader cannot handle the text. A test compares the two.
 */
export function readPlainYaml(source: Source): MapNode | undefined {
  const text = source.text ?? ''
  if (UNUSUAL.test(text)) return undefined
  const reader: Reader = { source, text, lines: linesOf(text), next: 0 }
  const first = reader.lines[0]
  const root = first && readMap(reader, first.indent, 1)
  return reader.next === reader.lines.length ? root : undefined
}

/** Tabs, control characters, unusual line ends, and characters outside the basic plane. */
const UNUSUAL = /[^\n\x20-\x7e\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]/

interface Line {
  /** Column of the first character, 0-based. The content of a list item has its own. */
  indent: number
  /** Offset of the first character. */
  start: number
  readonly end: number
}

interface Reader {
  readonly source: Source
  readonly text: string
  /** Lines that are neither empty nor comments. */
  readonly lines: readonly Line[]
  next: number
}

function linesOf(text: string): Line[] {
  const lines: Line[] = []
  for (let from = 0; from < text.length; ) {
    const newline = text.indexOf('\n', from)
    const end = newline === -1 ? text.length : newline
    let start = from
    while (start < end && text[start] === ' ') start++
    if (start < end && text[start] !== '#') lines.push({ indent: start - from, start, end })
    from = end + 1
  }
  return lines
}

/** A key and its colon. Quoted and unusual keys are left to the full parser. */
const KEY = /([A-Za-z_][\w.-]{0,199}):(?= |\n|$)/y

function keyAt({ text }: Reader, { start, end }: Line): string | undefined {
  KEY.lastIndex = start
  const key = KEY.exec(text)?.[1]
  return key !== undefined && start + key.length < end ? key : undefined
}

function isItem({ text }: Reader, { start, end }: Line): boolean {
  return text[start] === '-' && start + 1 < end && text[start + 1] === ' '
}

function readBlock(reader: Reader, line: Line, depth: number): TreeNode | undefined {
  return isItem(reader, line) ? readList(reader, line.indent, depth) : readMap(reader, line.indent, depth)
}

function readMap(reader: Reader, indent: number, depth: number): MapNode | undefined {
  const { source, lines } = reader
  const entries = new Map<string, TreeNode>()
  const offset = lines[reader.next]?.start ?? 0
  if (depth > LIMITS.depth) return undefined
  for (let line = lines[reader.next]; line?.indent === indent; line = lines[reader.next]) {
    const key = keyAt(reader, line)
    if (key === undefined || isForbiddenKey(key) || entries.has(key)) return undefined
    const node = readValue(reader, line, line.start + key.length, depth)
    if (!node) return undefined
    entries.set(key, node)
  }
  return endsHere(reader, indent) ? { kind: 'map', entries, source, offset } : undefined
}

function readList(reader: Reader, indent: number, depth: number): ListNode | undefined {
  const { source, lines } = reader
  const items: TreeNode[] = []
  const offset = lines[reader.next]?.start ?? 0
  if (depth > LIMITS.depth) return undefined
  for (let line = lines[reader.next]; line?.indent === indent && isItem(reader, line); line = lines[reader.next]) {
    const item = readItem(reader, line, depth)
    if (!item) return undefined
    items.push(item)
  }
  return endsHere(reader, indent) ? { kind: 'list', items, source, offset } : undefined
}

/** Whether the next line belongs to an enclosing block; one that is indented further is left to the full parser. */
function endsHere({ lines, next }: Reader, indent: number): boolean {
  const line = lines[next]
  return line === undefined || line.indent <= indent
}

/** The value after a key whose colon is at `colon`. */
function readValue(reader: Reader, line: Line, colon: number, depth: number): TreeNode | undefined {
  const { source, text, lines } = reader
  const start = skipSpaces(text, colon + 1, line.end)
  reader.next++
  const below = lines[reader.next]
  if (start < line.end && text[start] !== '#') {
    return below && below.indent > line.indent ? undefined : readScalar(reader, start, line.end)
  }
  if (below && (below.indent > line.indent || (below.indent === line.indent && isItem(reader, below)))) {
    return readBlock(reader, below, depth + 1)
  }
  return { kind: 'scalar', value: null, style: 'plain', source, offset: colon }
}

function readItem(reader: Reader, line: Line, depth: number): TreeNode | undefined {
  const { text, lines } = reader
  const start = skipSpaces(text, line.start + 1, line.end)
  const content = { indent: line.indent + start - line.start, start, end: line.end }
  if (start === line.end || text[start] === '#' || isItem(reader, content)) return undefined
  if (keyAt(reader, content) === undefined) {
    reader.next++
    const below = lines[reader.next]
    return below && below.indent > line.indent ? undefined : readScalar(reader, start, line.end)
  }
  // A map that starts after the dash: its first key is in the same column as the others.
  line.indent = content.indent
  line.start = start
  return readMap(reader, content.indent, depth + 1)
}

function readScalar(reader: Reader, start: number, end: number): TreeNode | undefined {
  const first = reader.text[start]
  if (first === '"' || first === "'") return readQuoted(reader, first, start, end)
  if (first === '[') return readFlowList(reader, start, end)
  return readPlain(reader, start, end)
}

function readQuoted({ source, text }: Reader, quote: string, start: number, end: number): ScalarNode | undefined {
  let close = text.indexOf(quote, start + 1)
  while (quote === "'" && close !== -1 && text[close + 1] === quote) close = text.indexOf(quote, close + 2)
  if (close === -1 || close >= end || !isRestEmpty(text, close + 1, end)) return undefined
  const body = text.slice(start + 1, close)
  if (quote === '"' && body.includes('\\')) return undefined
  const value = quote === "'" ? body.replaceAll("''", "'") : body
  return { kind: 'scalar', value, style: 'quoted', source, offset: start }
}

/** `[]`, `[a, b.c, 1]`: words without characters that could have a meaning in brackets. */
const WORD = /^[A-Za-z0-9_./][A-Za-z0-9_./-]*$/

function readFlowList({ source, text }: Reader, start: number, end: number): ListNode | undefined {
  const close = text.indexOf(']', start)
  if (close === -1 || close >= end || !isRestEmpty(text, close + 1, end)) return undefined
  const body = text.slice(start + 1, close)
  const items: ScalarNode[] = []
  let offset = start + 1
  for (const part of skipSpaces(body, 0, body.length) === body.length ? [] : body.split(',')) {
    const from = skipSpaces(part, 0, part.length)
    let to = part.length
    while (part[to - 1] === ' ') to--
    const word = part.slice(from, to)
    if (!WORD.test(word)) return undefined
    items.push({ kind: 'scalar', value: typedScalar(word), style: 'plain', source, offset: offset + from })
    offset += part.length + 1
  }
  return { kind: 'list', items, source, offset: start }
}

/** How a plain scalar may start: with no character that YAML reserves, and with a dash only before a digit. */
const PLAIN_START = /[^-?:,[\]{}#&*!|>'"%@`\s]|-\d/y

function readPlain({ source, text }: Reader, start: number, end: number): ScalarNode | undefined {
  PLAIN_START.lastIndex = start
  if (!PLAIN_START.test(text)) return undefined
  const line = text.slice(start, end)
  const comment = line.indexOf(' #')
  let length = comment === -1 ? line.length : comment
  while (line[length - 1] === ' ') length--
  const value = line.slice(0, length)
  if (value.endsWith(':') || value.includes(': ')) return undefined
  return { kind: 'scalar', value: typedScalar(value), style: 'plain', source, offset: start }
}

function skipSpaces(text: string, from: number, end: number): number {
  let at = from
  while (at < end && text[at] === ' ') at++
  return at
}

/** Whether only spaces follow, and perhaps a comment after a space. */
function isRestEmpty(text: string, from: number, end: number): boolean {
  const rest = skipSpaces(text, from, end)
  return rest === end || (text[rest] === '#' && rest > from)
}
