import type { PublicValue, PublicValues } from '../public/public-values.ts'
import { isCommonValue } from '../secrets/common-value.ts'
import { isSecretValue, looksSecret, passwordsIn } from '../secrets/secret.ts'
import type { SecretValue } from '../secrets/secret-values.ts'

/** Which part of a secret is meant, if not the whole: the password in a URL, a line of a key, or a value in JSON. */
export type SecretPart = 'password' | 'line' | 'value'

/** A secret, or a part of one, that is not searched for. */
export interface SkippedSecret {
  readonly name: string
  readonly part?: SecretPart
  /**
   * `public`: it equals a public value, whatever its name; `short`: it has fewer characters than `minLength`; `common`:
   * text unrelated to it also contains it.
   */
  readonly reason: 'public' | 'short' | 'common'
}

export interface SecretText {
  readonly name: string
  readonly part?: SecretPart
  readonly text: string
}

export interface PartRules {
  readonly minLength: number
  readonly commonValues: 'skip' | 'find'
  readonly publicValues: PublicValues
}

/** The strings to search for, each once, and what is skipped. */
export function partsOf(
  secrets: Iterable<SecretValue>,
  { minLength, commonValues, publicValues }: PartRules,
): { texts: readonly SecretText[]; skipped: readonly SkippedSecret[] } {
  const texts = new Map<string, SecretText>()
  const skipped = new Map<string, SkippedSecret>()
  const shown = new Set(textsIn(publicValues))
  const reasonFor = (text: string): SkippedSecret['reason'] | undefined => {
    if (shown.has(text)) return 'public'
    if (text.length < minLength) return 'short'
    return commonValues === 'skip' && isCommonValue(text) ? 'common' : undefined
  }
  const add = (name: string, text: string, part?: SecretPart): void => {
    const reason = reasonFor(text)
    const which = part === undefined ? { name } : { name, part }
    if (reason === undefined) {
      if (!texts.has(text)) texts.set(text, { ...which, text })
    } else if (!skipped.has(`${name}\0${part}`)) skipped.set(`${name}\0${part}`, { ...which, reason })
  }
  const list = [...secrets]
    .filter(({ value }) => value !== '')
    .map(({ name, value }) => ({ name, value: wellFormed(value) }))
  for (const { name, value } of list) add(name, value)
  for (const { name, value } of list) {
    for (const password of passwordsIn(value)) add(name, password, 'password')
    for (const line of opaqueLinesOf(value)) add(name, line, 'line')
    for (const text of secretsInJson(value)) add(name, text, 'value')
  }
  return { texts: [...texts.values()], skipped: [...skipped.values()] }
}

function* textsIn(value: PublicValue | PublicValues): Generator<string> {
  if (typeof value === 'string') yield value
  else if (typeof value === 'object' && value !== null) for (const item of Object.values(value)) yield* textsIn(item)
}

/** A lone surrogate cannot be encoded, and always becomes a replacement character. */
function wellFormed(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8')
}

/** Long enough to be nothing but a part of the key. */
const MIN_LINE_LENGTH = 16
const OPAQUE = /[A-Za-z0-9+/=_-]+/g

/**
 * The lines of a key, which text may contain with other line ends, indented or quoted. A key inside JSON has its line
 * ends escaped. Lines of words, such as the one with BEGIN, are left out.
 */
function* opaqueLinesOf(value: string): Generator<string> {
  if (!/[\r\n]|\\n/.test(value)) return
  let isInKey = false
  for (const line of value.split(/[\r\n]+|\\r|\\n/)) {
    if (/-(?:BEGIN|END) /.test(line)) isInKey = line.includes('BEGIN')
    for (const [run] of line.matchAll(OPAQUE)) if (isOpaque(run, isInKey)) yield run
  }
}

/** Whether a run is not a word: in a key, that includes lines without digits. */
function isOpaque(run: string, isInKey = false): boolean {
  const isMixed = /[a-z]/.test(run) && /[A-Z]/.test(run) && (isInKey || /\d/.test(run))
  const isHex = run.length >= 2 * MIN_LINE_LENGTH && /^[0-9a-f]+$/i.test(run)
  return run.length >= MIN_LINE_LENGTH && (isMixed || isHex)
}

/**
 * Strings in a secret that is JSON, such as a service account's key, if they are secret themselves. Names of projects
 * and addresses are not.
 */
function* secretsInJson(value: string): Generator<string> {
  if (!/^\s*[{[]/.test(value)) return
  try {
    yield* secretTextsIn(JSON.parse(value), '')
  } catch {
    // It only looked like JSON, or is nested too deeply.
  }
}

function* secretTextsIn(value: unknown, key: string): Generator<string> {
  if (typeof value === 'string') {
    const isWholeOpaque = /^[A-Za-z0-9+/=_.-]+$/.test(value) && isOpaque(value.replaceAll('.', ''))
    if (looksSecret(key) || isSecretValue(value) || isWholeOpaque) {
      yield value
      yield* passwordsIn(value)
      yield* opaqueLinesOf(value)
    }
  } else if (Array.isArray(value)) for (const item of value) yield* secretTextsIn(item, key)
  else if (typeof value === 'object' && value !== null)
    for (const [name, item] of Object.entries(value)) yield* secretTextsIn(item, name)
}
