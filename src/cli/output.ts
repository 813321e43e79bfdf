import type { Explanation, Problem } from '../index.ts'
import { renderProblem } from '../index.ts'
import type { Io } from './io.ts'
import { styled } from './style.ts'

export { styled } from './style.ts'

/** `.systemprompt/profiles/local/profile.yaml:14:9`, a variable's name, or nothing. */
export function placeOf(origin: Explanation['origin']): string {
  if (origin.file === undefined) return origin.name ?? ''
  const place = [origin.file, origin.line, origin.column].filter((part) => part !== undefined).join(':')
  return origin.name === undefined ? place : `${origin.name} → ${place}`
}

/** A value on one line, fit for a terminal. */
export function shown(value: unknown): string {
  return printable(typeof value === 'string' ? value : (JSON.stringify(value, bigIntAsText) ?? String(value)))
}

/** Lines that may hold a path or a name of somebody else's, fit for a terminal. */
export function shownLines(text: string): string {
  return text.split('\n').map(printable).join('\n')
}

function bigIntAsText(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}

/** Control characters and what turns the direction of text, escaped: a file must not write to the terminal. */
function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, escaped)
}

const UNSEEN_IN_JSON = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

function escaped(character: string): string {
  return character === '\n' ? '\\n' : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/**
 * Rows in columns as wide as their longest cell. On a terminal too narrow for them, the second column is
 * cut first and the last from its left, where a path says least.
 */
export function table(io: Io, header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows]
  const widths = header.map((_, column) => Math.max(...all.map((row) => width(row[column] ?? ''))))
  const fitted = fit(widths, io.columns)
  const line = (row: readonly string[]): string =>
    row
      .map(printable)
      .map((cell, column) => pad(cut(cell, fitted[column] ?? 0, column === row.length - 1), fitted[column] ?? 0))
      .join('  ')
      .trimEnd()
  return [styled(io, 'dim', line(header)), ...rows.map(line)].join('\n')
}

const NARROWEST = 8

function fit(widths: readonly number[], columns: number | undefined): readonly number[] {
  if (columns === undefined) return widths
  const fitted = [...widths]
  for (const column of [1, widths.length - 1, 0]) {
    const over = fitted.reduce((sum, each) => sum + each, 2 * (widths.length - 1)) - columns
    const own = fitted[column] ?? 0
    if (over > 0) fitted[column] = Math.min(own, Math.max(NARROWEST, own - over))
  }
  return fitted
}

function cut(cell: string, limit: number, fromLeft: boolean): string {
  if (width(cell) <= limit) return cell
  const characters = fromLeft ? [...cell].reverse() : [...cell]
  const kept: string[] = []
  let left = limit - 1
  for (const character of characters) {
    left -= width(character)
    if (left < 0) break
    kept.push(character)
  }
  return fromLeft ? `…${kept.reverse().join('')}` : `${kept.join('')}…`
}

function pad(cell: string, to: number): string {
  return cell + ' '.repeat(Math.max(0, to - width(cell)))
}

const WIDE =
  /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Emoji_Presentation}\u3000-\u303f\uff01-\uff60]/u
const COMBINING = /\p{Mark}|[\u200b-\u200d]/u

/** Columns that a text takes on a terminal. */
function width(text: string): number {
  let columns = 0
  for (const character of text) columns += COMBINING.test(character) ? 0 : WIDE.test(character) ? 2 : 1
  return columns
}

/** Warnings, on the error output. */
export function printWarnings(io: Io, warnings: readonly Problem[]): void {
  if (warnings.length === 0) return
  const count = warnings.length === 1 ? '1 warning' : `${warnings.length} warnings`
  io.err(`\n${styled(io, 'yellow', count)}\n${warnings.map(renderProblem).join('\n')}\n`)
}

/** The one JSON document of a command. */
export function printJson(io: Io, data: unknown): void {
  // What is replaced can only stand in a text, where the escape means the same.
  io.out(`${JSON.stringify(data, bigIntAsText, 2).replace(UNSEEN_IN_JSON, escaped)}\n`)
}
