import { isForbiddenKey } from '../tree.ts'
import { typedScalar } from './yaml-scalar.ts'

const TRUE = new Set(['true', '1', 'yes', 'on'])
const FALSE = new Set(['false', '0', 'no', 'off'])

/** true/1/yes/on and false/0/no/off in any case; undefined for everything else, never a guess. */
export function toBoolean(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  const word = String(value).trim().toLowerCase()
  if (TRUE.has(word)) return true
  return FALSE.has(word) ? false : undefined
}

/** The finite number that a text spells, as YAML reads it; undefined when it spells none. */
export function toNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' ? typedScalar(value.trim()) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined
}

/**
 * `a, b` → `['a', 'b']`; JSON text of an array is read as such; an empty text is an empty list. Undefined where a comma
 * stands in brackets or braces: `[a, b]` is YAML, and its commas are not between `[a` and `b]`.
 */
export function toList(text: string): readonly string[] | undefined {
  if (text.trim() === '') return []
  const items = itemsOf(text)
  return jsonList(text) ?? (items.every(isWhole) ? items : undefined)
}

/** How deep files may nest as well. */
const DEEPEST = 64

/**
 * What JSON text holds that is an object, or a list of more than texts, numbers and booleans, which are for `toList`.
 * Undefined where it spells none, and where it has what no file may have.
 */
export function toJson(text: string): object | undefined {
  const value = jsonIn(text)
  return value !== undefined && isOrdinary(value) && !jsonList(text) ? value : undefined
}

const OPENED = /^\s*[[{]/

function jsonIn(text: string): object | undefined {
  if (!OPENED.test(text)) return undefined
  try {
    return JSON.parse(text) as object
  } catch {
    return undefined
  }
}

function isOrdinary(value: unknown, depth = 1): boolean {
  if (typeof value !== 'object' || value === null) return true
  if (depth > DEEPEST) return false
  return Object.entries(value).every(([key, item]) => !isForbiddenKey(key) && isOrdinary(item, depth + 1))
}

function jsonList(text: string): readonly string[] | undefined {
  const list = jsonIn(text)
  if (!Array.isArray(list)) return undefined
  if (list.every((item) => typeof item === 'string')) return list
  // As they are written: as numbers, `2.50` and an id of twenty digits would become others.
  return list.every((item) => ['number', 'boolean'].includes(typeof item))
    ? itemsOf(text.trim().slice(1, -1))
    : undefined
}

/** A comma at the end ends the last one. */
function itemsOf(text: string): readonly string[] {
  return text
    .replace(/,\s*$/, '')
    .split(',')
    .map((item) => item.trim())
}

function isWhole(item: string): boolean {
  const count = (mark: string): number => item.split(mark).length
  return count('[') === count(']') && count('{') === count('}')
}
