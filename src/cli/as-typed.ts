import { ConfigError, type Problem } from '../index.ts'

/** The message of an error in terms of the command line, where the option `overrides` is the flag `--set`. */
export function messageAsTyped(error: ConfigError): string {
  const { issues, profile } = error
  return issues.some(isTyped) ? new ConfigError(issues.map(asTyped), { profile }).message : error.message
}

/** A problem in those terms. Problems printed as data keep the library's terms. */
export function asTyped(problem: Problem): Problem {
  if (!isTyped(problem)) return problem
  const name = '--set'
  return problem.key === 'overrides' ? { ...problem, key: name, name } : { ...problem, name }
}

/** A problem in a file has a position. */
function isTyped({ code, key, name, file }: Problem): boolean {
  return file === undefined && (name === 'overrides' || (code === 'INVALID_OPTION' && key === 'overrides'))
}
