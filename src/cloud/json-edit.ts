import { createScanner } from 'jsonc-parser'

/**
 * Edits single entries in the text of a JSON object with comments, and leaves everything else unchanged. jsonc-parser's
 * own `modify` removes a neighbour's comments too, or moves them to another entry.
 */

interface Span {
  readonly start: number
  readonly end: number
}

interface Entry {
  readonly key: string
  /** From the key to the end of the value. */
  readonly whole: Span
  readonly value: Span
  /** After the value; the last entry need not have one. */
  readonly comma: Span | undefined
}

interface Layout {
  readonly text: string
  readonly entries: readonly Entry[]
  readonly comments: readonly Span[]
  /** After `{`. */
  readonly open: number
  /** Before `}`. */
  readonly close: number
}

/** The text with the key set to this value. A new entry goes after the last one and its comment. */
export function withEntry(text: string, key: string, value: string): string {
  const layout = layoutOf(text)
  const known = layout.entries.find((entry) => entry.key === key)
  if (known) return text.slice(0, known.value.start) + JSON.stringify(value) + text.slice(known.value.end)
  const written = `${JSON.stringify(key)}: ${JSON.stringify(value)}`
  const lineEnd = text.includes('\r\n') ? '\r\n' : '\n'
  const last = layout.entries.at(-1)
  if (!last) {
    const head = text.slice(0, layout.close).trimEnd()
    return `${head}${lineEnd}${INDENT}${written}${lineEnd}${text.slice(layout.close)}`
  }
  const tail = tailOf(layout, layout.entries.length - 1).at(-1)
  const behind = Math.max(endOf(last), tail?.end ?? 0)
  const [comma, lastComma] = last.comma ? ['', ','] : [',', '']
  const lead = leadOf(text, last.whole.start)
  const indent = lead.trim() === '' ? lead : undefined
  // After a comma, and before an entry on the same line, the comment would belong to that entry.
  const needsLine = tail && (text.startsWith('//', tail.start) || (last.comma && tail.start > last.comma.start))
  if (indent === undefined && !needsLine)
    return `${text.slice(0, behind)}${comma} ${written}${lastComma}${text.slice(behind)}`
  const before = `${text.slice(0, last.value.end)}${comma}${text.slice(last.value.end, behind)}`
  return `${before}${lineEnd}${indent ?? INDENT}${written}${lastComma}${text.slice(behind)}`
}

const INDENT = '  '

/** The text without an entry and its comments: those on the lines directly above it, and those after it on its line. */
export function withoutEntry(text: string, key: string): string {
  const layout = layoutOf(text)
  const at = layout.entries.findIndex((entry) => entry.key === key)
  const entry = layout.entries[at]
  if (!entry) return text
  // The last entry, if it has no comma of its own, takes the one before it along.
  const comma = entry.comma ?? layout.entries[at - 1]?.comma
  const removed = [...commentsAbove(layout, at), entry.whole, ...(comma ? [comma] : []), ...tailOf(layout, at)]
  return joined(text, removed).reduceRight((left, span) => {
    const { start, end } = withSpace(left, span)
    return left.slice(0, start) + left.slice(end)
  }, text)
}

/** The comments after an entry on its line, unless the next entry is on that line: then they belong to that one. */
function tailOf(layout: Layout, at: number): readonly Span[] {
  const entry = layout.entries[at]
  const next = layout.entries[at + 1]?.whole.start
  if (!entry?.comma) return inLine(layout, entry ? entry.value.end : layout.open, next)
  return [
    ...inLine({ ...layout, close: entry.comma.start }, entry.value.end, undefined),
    ...inLine(layout, entry.comma.end, next),
  ]
}

function inLine({ text, comments, close }: Layout, from: number, next: number | undefined): readonly Span[] {
  const found: Span[] = []
  let at = from
  for (const comment of comments.filter(({ start }) => start >= from && start < (next ?? close))) {
    if (lineEnds(text, at, comment.start) > 0) break
    found.push(comment)
    at = comment.end
  }
  return next !== undefined && lineEnds(text, at, next) === 0 ? [] : found
}

function commentsAbove(layout: Layout, at: number): readonly Span[] {
  const before = layout.entries[at - 1]
  const [from, until] = [before ? endOf(before) : layout.open, layout.entries[at]?.whole.start ?? 0]
  const others = tailOf(layout, at - 1)
  const between = layout.comments.filter(({ start }) => start >= from && start < until)
  const found: Span[] = []
  for (const comment of between.filter(({ start }) => !others.some((other) => other.start === start)).reverse()) {
    if (lineEnds(layout.text, comment.end, found[0]?.start ?? until) > 1) break
    found.unshift(comment)
  }
  return found
}

function endOf({ comma, value }: Entry): number {
  return (comma ?? value).end
}

function lineEnds(text: string, start: number, end: number): number {
  return text.slice(start, end).match(/\r\n?|\n/g)?.length ?? 0
}

/** In order, with spans that only white space separates merged. */
function joined(text: string, spans: readonly Span[]): readonly Span[] {
  const all: Span[] = []
  for (const span of [...spans].sort((one, other) => one.start - other.start)) {
    const last = all.at(-1)
    if (last && text.slice(last.end, span.start).trim() === '') all.splice(-1, 1, { start: last.start, end: span.end })
    else all.push(span)
  }
  return all
}

/**
 * A removed span with the white space to remove: whole lines if nothing else is on them, else the space on one side.
 */
function withSpace(text: string, { start, end }: Span): Span {
  const lead = leadOf(text, start)
  const first = start - (lead.length - lead.trimEnd().length)
  const last = end + (/^[ \t]*/.exec(text.slice(end))?.[0].length ?? 0)
  const lineEnd = /^(?:\r\n?|\n)/.exec(text.slice(last))?.[0]
  if (lineEnd !== undefined) return { start: first, end: lead.trim() === '' ? last + lineEnd.length : last }
  return /[\s{]$/.test(text.slice(Math.max(0, start - 1), start)) ? { start, end: last } : { start, end }
}

/** The text before an offset on its line. */
function leadOf(text: string, at: number): string {
  const before = text.slice(0, at)
  return before.slice(Math.max(before.lastIndexOf('\n'), before.lastIndexOf('\r')) + 1)
}

/** The scanner's token kinds; its types declare them in a way that only tsc can read. */
const Token = { comma: 5, colon: 6, string: 10, lineComment: 12, blockComment: 13, lineBreak: 14, space: 15, end: 17 }
const OPENING = [1, 3]
const CLOSING = [2, 4]

/** @param text a JSON object that has been parsed before: nothing is checked */
function layoutOf(text: string): Layout {
  const scanner = createScanner(text)
  const entries: Entry[] = []
  const comments: Span[] = []
  let [open, close, depth] = [0, text.length, 0]
  let key: (Span & { readonly text: string }) | undefined
  let value: Span | undefined
  const finish = (comma?: Span): void => {
    if (key && value) entries.push({ key: key.text, whole: { start: key.start, end: value.end }, value, comma })
    key = undefined
    value = undefined
  }
  for (let token: number = scanner.scan(); token !== Token.end; token = scanner.scan()) {
    const span = { start: scanner.getTokenOffset(), end: scanner.getTokenOffset() + scanner.getTokenLength() }
    if (token === Token.lineBreak || token === Token.space) continue
    if (token === Token.lineComment || token === Token.blockComment) {
      comments.push(span)
      continue
    }
    if (CLOSING.includes(token)) depth--
    if (depth === 0 && CLOSING.includes(token)) {
      close = span.start
      finish()
    } else if (depth === 0) open = span.end
    else if (depth === 1 && token === Token.comma) finish(span)
    else if (depth === 1 && !key) key = { ...span, text: scanner.getTokenValue() }
    else if (depth > 1 || token !== Token.colon) value = { start: value?.start ?? span.start, end: span.end }
    if (OPENING.includes(token)) depth++
  }
  return { text, entries, comments, open, close }
}
