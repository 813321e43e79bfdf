import type { DotenvScan } from './dotenv-text.ts'

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
export function dotenvProblems({ unclosed, cut, ignored }: DotenvScan): readonly DotenvProblem[] {
  const [first] = ignored
  return [
    ...unclosed.map(({ name, offset }) => ({ key: name, offset, ...UNCLOSED })),
    ...cut.map(({ name, offset }) => ({ key: name, offset, ...CUT })),
    ...(first === undefined ? [] : [{ offset: first, ...noAssignment(ignored.length) }]),
  ]
}

const UNCLOSED = {
  message: 'begins with a quote that is never closed, and is read with that quote',
  remedy: 'close it, or put the whole value in quotes of another kind',
}

const CUT = {
  message: 'ends at the # in it, where a comment begins',
  remedy: 'put the value in quotes, or a space before the #',
}

const noAssignment = (lines: number): Pick<DotenvProblem, 'message' | 'remedy'> => ({
  message: `is not NAME=VALUE${lines === 1 ? '' : `; there are ${lines} such lines`}`,
  remedy: 'put a value of several lines in quotes, and # before a comment',
})
