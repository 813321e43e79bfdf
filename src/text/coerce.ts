import { isForbiddenKey } from '../tree.ts'
import { typedScalar } from './yaml-scalar.ts'

const TRUE = new Set(['true', '1', 'yes', 'on'])
const FALSE = new Set(['false', '0', 'no', 'off'])

/** Converts true/1/yes/on and false/0/no/off in any case; undefined for everything else, never a guess. */
export function toBoolean(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  const word = String(value).trim().toLowerCase()
  if (TRUE.has(word)) return true
  return FALSE.has(word) ? false : undefined
}

/** The finite number that a string spells, as in YAML; undefined if it spells none. */
export function toNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' ? typedScalar(value.trim()) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined
}

/**
 * Splits a string: `a, b` → `['a', 'b']`. A JSON array is parsed as such; an empty string is an empty list. Undefined
 * if a comma is inside brackets or braces: `[a, b]` is YAML, and must not be split into `[a` and `b]`.
 */
export function toList(text: string): readonly string[] | undefined {
  if (text.trim() === '') return []
  const items = itemsOf(text)
  return jsonList(text) ?? (items.every(isWhole) ? items : undefined)
}

/** The limit for nesting in files as well. */
const MAX_DEPTH = 64

/**
 * Parses JSON text of an object, or of a list with more than strings, numbers and booleans, which `toList` handles.
 * Undefined if it is something else, or has what no file may have.
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
  if (depth > MAX_DEPTH) return false
  return Object.entries(value).every(([key, item]) => !isForbiddenKey(key) && isOrdinary(item, depth + 1))
}

function jsonList(text: string): readonly string[] | undefined {
  const list = jsonIn(text)
  if (!Array.isArray(list)) return undefined
  if (list.every((item) => typeof item === 'string')) return list
  // Kept as written: as numbers, `2.50` and a 20-digit id would change.
  return list.every((item) => ['number', 'boolean'].includes(typeof item))
    ? itemsOf(text.trim().slice(1, -1))
    : undefined
}

/** A trailing comma does not start another item. */
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
