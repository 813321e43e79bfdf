import { passwordsIn } from '../secret.ts'
import { isCommonValue } from './common-value.ts'

/** A secret by name. The name is what findings show. */
export interface NamedSecret {
  readonly name: string
  readonly value: string
}

/** What of a secret is looked for, when it is not the whole: the password in a URL, a line of a key. */
export type SecretPart = 'password' | 'line'

/** A secret, or a part of one, that is not looked for. */
export interface SkippedSecret {
  readonly name: string
  readonly part?: SecretPart
  /** `short`: fewer characters than `minLength`; `common`: it stands in text that knows nothing of it. */
  readonly reason: 'short' | 'common'
}

export interface SecretText {
  readonly name: string
  readonly part?: SecretPart
  readonly text: string
}

export interface PartRules {
  readonly minLength: number
  readonly commonValues: 'skip' | 'find'
}

/** What is looked for, each text once, and what is not. */
export function partsOf(
  secrets: Iterable<NamedSecret>,
  { minLength, commonValues }: PartRules,
): { texts: readonly SecretText[]; skipped: readonly SkippedSecret[] } {
  const texts = new Map<string, SecretText>()
  const skipped = new Map<string, SkippedSecret>()
  const add = (name: string, text: string, part?: SecretPart): void => {
    const reason =
      text.length < minLength ? 'short' : commonValues === 'skip' && isCommonValue(text) ? 'common' : undefined
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
  }
  return { texts: [...texts.values()], skipped: [...skipped.values()] }
}

/** Half of a character cannot be written, and becomes a replacement character wherever it is. */
function wellFormed(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8')
}

/** Long enough to be nothing but a part of the key. */
const SHORTEST_LINE = 16
const OPAQUE = /[A-Za-z0-9+/=_-]+/g

/**
 * The lines of a key, which text may hold with other line ends, indented or quoted. A key inside JSON has its
 * line ends escaped. Lines that are words, such as the one with BEGIN, are none.
 */
function* opaqueLinesOf(value: string): Generator<string> {
  if (!/[\r\n]|\\n/.test(value)) return
  for (const line of value.split(/[\r\n]+|\\r|\\n/)) {
    for (const [run] of line.matchAll(OPAQUE)) {
      const isMixed = /[a-z]/.test(run) && /[A-Z]/.test(run) && /\d/.test(run)
      const isHex = run.length >= 2 * SHORTEST_LINE && /^[0-9a-f]+$/i.test(run)
      if (run.length >= SHORTEST_LINE && (isMixed || isHex)) yield run
    }
  }
}
