import type { Explanation } from '../index.ts'
import { UNSEEN } from '../unseen.ts'
import type { Io } from './io.ts'
import { styled } from './style.ts'

export { styled } from './style.ts'

/** `1 secret`, `2 secrets` */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

/** `.systemprompt/profiles/local/profile.yaml:14:9`, a variable's name, the flag, or nothing. */
export function placeOf(origin: Explanation['origin']): string {
  if (origin.file === undefined) return origin.layer === 'overrides' ? '--set' : (origin.name ?? '')
  const place = [origin.file, origin.line, origin.column].filter((part) => part !== undefined).join(':')
  return origin.name === undefined ? place : `${origin.name} → ${place}`
}

/** A value on one line, safe for a terminal. */
export function shown(value: unknown): string {
  return printable(typeof value === 'string' ? value : (JSON.stringify(value, bigIntAsText) ?? String(value)))
}

/** Lines that may contain somebody else's paths or names, made safe for a terminal. */
export function shownLines(text: string): string {
  return text.split('\n').map(printable).join('\n')
}

function bigIntAsText(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}

/** Escapes control characters. */
function printable(text: string): string {
  return text.replace(UNSEEN, escaped)
}

function escaped(character: string): string {
  return character === '\n' ? '\\n' : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** How a table is fitted to a narrow terminal. Columns count from 0. */
export interface Fitting {
  /** Columns to leave out, in this order, if cutting to the minimums in `cut` is not enough. @default none */
  readonly leaveOut?: readonly number[]
  /** Columns to cut if that is not enough. @default the second, the last at its left, the first */
  readonly cut?: readonly Cut[]
}

interface Cut {
  readonly column: number
  /** The less informative end: for a path, its left. */
  readonly at: 'left' | 'right'
  /** The width that is kept before a column is left out. @default all of it, and then 8 */
  readonly to?: number
}

/** Rows in columns as wide as their longest cell. */
export function table(
  io: Io,
  header: readonly string[],
  rows: readonly (readonly string[])[],
  { leaveOut = [], cut = usualCuts(header.length) }: Fitting = {},
): string {
  // As they are shown: an escaped character takes more than one column.
  const all = [header, ...rows.map((row) => row.map(printable))]
  const widths = header.map((_, column) => all.reduce((max, row) => Math.max(max, width(row[column] ?? '')), 0))
  const kept = shownColumns(minimumWidths(widths, cut), leaveOut, io.columns)
  const fitted = fit(widths, kept, cut, io.columns)
  const cell = (text: string, column: number): string => {
    const isAtLeft = cut.some((entry) => entry.column === column && entry.at === 'left')
    return pad(shortened(text, fitted[column] ?? 0, isAtLeft ? 'left' : 'right'), fitted[column] ?? 0)
  }
  const line = (row: readonly string[]): string =>
    kept
      .map((column) => cell(row[column] ?? '', column))
      .join('  ')
      .trimEnd()
  return all.map((row, at) => (at === 0 ? styled(io, 'dim', line(row)) : line(row))).join('\n')
}

const MIN_CUT_WIDTH = 8

function usualCuts(length: number): readonly Cut[] {
  return [
    { column: 1, at: 'right' },
    { column: length - 1, at: 'left' },
    { column: 0, at: 'right' },
  ]
}

/** The widths of the columns when cut to their minimums. */
function minimumWidths(widths: readonly number[], cut: readonly Cut[]): readonly number[] {
  return widths.map((own, column) => {
    const limits = cut.flatMap(({ column: cutColumn, to }) => (cutColumn === column && to !== undefined ? [to] : []))
    return Math.min(own, ...limits)
  })
}

/** The columns that are shown. */
function shownColumns(
  widths: readonly number[],
  leaveOut: readonly number[],
  columns: number | undefined,
): readonly number[] {
  let kept: readonly number[] = widths.map((_, column) => column)
  for (const column of leaveOut) {
    if (excess(widths, kept, columns) <= 0) break
    kept = kept.filter((other) => other !== column)
  }
  return kept
}

/** How many columns of the terminal these are too wide, together. */
function excess(widths: readonly number[], kept: readonly number[], columns = Number.POSITIVE_INFINITY): number {
  return kept.reduce((sum, column) => sum + (widths[column] ?? 0), 2 * (kept.length - 1)) - columns
}

function fit(
  widths: readonly number[],
  kept: readonly number[],
  cut: readonly Cut[],
  columns: number | undefined,
): readonly number[] {
  const fitted = [...widths]
  for (const { column, to = MIN_CUT_WIDTH } of cut) {
    const over = excess(fitted, kept, columns)
    const own = fitted[column] ?? 0
    if (over > 0) fitted[column] = Math.min(own, Math.max(to, own - over))
  }
  return fitted
}

function shortened(cell: string, limit: number, at: Cut['at']): string {
  if (width(cell) <= limit) return cell
  const characters = at === 'left' ? [...cell].reverse() : [...cell]
  const kept: string[] = []
  let left = limit - 1
  for (const character of characters) {
    left -= width(character)
    if (left < 0) break
    kept.push(character)
  }
  return at === 'left' ? `…${kept.reverse().join('')}` : `${kept.join('')}…`
}

function pad(cell: string, to: number): string {
  return cell + ' '.repeat(Math.max(0, to - width(cell)))
}

const WIDE =
  /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Emoji_Presentation}\u3000-\u303f\uff01-\uff60]/u
const COMBINING = /\p{Mark}|[\u200b-\u200d]/u

/** The width of a string on a terminal, in columns. */
function width(text: string): number {
  let columns = 0
  for (const character of text) columns += COMBINING.test(character) ? 0 : WIDE.test(character) ? 2 : 1
  return columns
}

/** Prints values unchanged to a program, and without control characters to a terminal. */
export function printValues(io: Io, text: string): void {
  io.out(io.columns === undefined ? text : shownLines(text))
}

/** Prints the JSON document of a command. */
export function printJson(io: Io, data: unknown): void {
  io.out(jsonText(data))
}

export function jsonText(data: unknown): string {
  const lines = JSON.stringify(data, bigIntAsText, 2)
  // Apart from line ends, the replaced characters can only be inside strings, where the escape means the same.
  return `${lines.replace(UNSEEN, (character) => (character === '\n' ? character : escaped(character)))}\n`
}
