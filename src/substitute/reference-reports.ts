/** Reports of problems with references and with their results: message, position and remedy. */

import type { Report } from '../errors/errors.ts'
import type { Site } from '../types.ts'
import type { Reference } from './template.ts'

/** The text with the problem: the key or variable that it belongs to, and its site. */
interface Text {
  readonly key: string
  readonly site: Site
}

/** @param meant the name that was probably meant */
export function undefinedVariable({ name, raw }: Reference, { key, site }: Text, meant?: string): Report {
  return {
    code: 'UNDEFINED_VARIABLE',
    key,
    message: `refers to ${raw.slice(0, 80)}, but ${name} is not set`,
    remedy: `${didYouMean(meant)}export ${name}, add it to .env, or write \${${name}:-default}`,
    at: placeOf(raw, site),
  }
}

/** @param meant the name that was probably meant */
export function requiredVariable(reference: Reference, { key, site }: Text, meant?: string): Report {
  const { name, raw, operator, operand } = reference
  const words = operand.map((part) => (typeof part === 'string' ? part : part.raw)).join('')
  return {
    code: 'REQUIRED_VARIABLE',
    key,
    message:
      words === ''
        ? `needs ${name}, which is not set${operator === ':?' ? ' or is empty' : ''}`
        : `needs ${name}: ${escaped(words)}`,
    remedy: `${didYouMean(meant)}export ${name} or add it to .env`,
    at: placeOf(raw, site),
  }
}

function didYouMean(meant: string | undefined): string {
  return meant === undefined ? '' : `did you mean ${meant}? Otherwise `
}

export function referenceCycle(chain: readonly string[], { key, site }: Text): Report {
  const message = `refers to itself: ${chain.join(' → ')}`
  return {
    code: 'REFERENCE_CYCLE',
    key,
    message,
    remedy: 'give one of them a value that does not refer to another',
    at: site,
  }
}

export function tooManyLevels(levels: number, { key, site }: Text): Report {
  const message = `is more than ${levels} references away from a value`
  return { code: 'LIMIT_EXCEEDED', key, message, remedy: 'shorten the chain', at: site }
}

export function tooDeepDefaults({ key, site }: Text): Report {
  const message = 'has defaults nested more than 32 deep'
  return {
    code: 'LIMIT_EXCEEDED',
    key,
    message,
    remedy: 'move the inner ones into variables of their own',
    at: site,
  }
}

/** @param message says which limit was exceeded */
export function tooLong(message: string, { key, site }: Text): Report {
  const remedy = 'check for references that double each other (A=$' + '{B}$' + '{B})'
  return { code: 'LIMIT_EXCEEDED', key, message, remedy, at: site }
}

/** How much of a text is searched for the position of a reference, in UTF-16 units: a text may hold 100,000 of them. */
const MAX_SEARCHED = 16 * 1024

/** The position of the reference itself, if it is found in the text as written. */
function placeOf(raw: string, site: Site): Site {
  const { source, offset } = site
  if (source.text === undefined || offset === undefined) return site
  const found = source.text.slice(offset, offset + MAX_SEARCHED).indexOf(raw)
  return found === -1 ? site : { source, offset: offset + found }
}

function escaped(text: string): string {
  return JSON.stringify(text.slice(0, 200)).slice(1, -1).replaceAll('\\"', '"')
}
