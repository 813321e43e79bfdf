import type { DotenvEntry, DotenvScan } from './dotenv-text.ts'
import { TYPOGRAPHIC_QUOTES } from './findings.ts'

/** Something in a .env file that was probably meant differently. */
export interface DotenvProblem {
  readonly key?: string
  readonly message: string
  readonly remedy: string
  readonly offset: number
}

/**
 * Values that may have been cut or misread. Of lines without an assignment only the first is reported, since they are
 * often one value.
 */
export function dotenvProblems({ entries, unclosed, cut, ignored }: DotenvScan): readonly DotenvProblem[] {
  const [first] = ignored
  return [
    ...unclosed.map(({ name, offset }) => ({ key: name, offset, ...UNCLOSED })),
    ...entries.filter(isInTypographicQuotes).map(({ name, offset }) => ({ key: name, offset, ...TYPOGRAPHIC })),
    ...cut.map(({ name, offset }) => ({ key: name, offset, ...CUT })),
    ...(first === undefined ? [] : [{ offset: first, ...noAssignment(ignored.length) }]),
  ]
}

const UNCLOSED = {
  message: 'begins with a quote that is never closed, and is read with that quote',
  remedy: 'close it, or put the whole value in quotes of another kind',
}

const TYPOGRAPHIC = {
  message: 'is in typographic quotes, which are read as a part of it',
  remedy: 'write straight quotes; if these are meant, put straight quotes around them',
}

const CUT = {
  message: 'ends at the # in it, where a comment begins',
  remedy: 'put the value in quotes, or a space before the #',
}

const noAssignment = (lines: number): Pick<DotenvProblem, 'message' | 'remedy'> => ({
  message: `is not NAME=VALUE${lines === 1 ? '' : `; there are ${lines} such lines`}`,
  remedy: 'put a value of several lines in quotes, and # before a comment',
})

function isInTypographicQuotes({ value, quote }: DotenvEntry): boolean {
  const isOne = (character: string): boolean => TYPOGRAPHIC_QUOTES.includes(character)
  return quote === 'none' && value.length > 1 && isOne(value.charAt(0)) && isOne(value.charAt(value.length - 1))
}
