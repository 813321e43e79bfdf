import type { Problem } from './errors.ts'

/** The number of problems in a message: nobody reads more, and a broken file may have thousands. */
const MAX_PROBLEMS = 100

/** Renders a message: a header, then the first problems with their positions, keys and remedies. */
export function renderProblems(problems: readonly Problem[], title: string): string {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`
  const more = problems.length - MAX_PROBLEMS
  const rest = more > 0 ? [`  … and ${more} more; error.issues has them all, and on the command line --json`] : []
  const lines = [...problems.slice(0, MAX_PROBLEMS).map(renderProblem), ...rest]
  const links = [...new Set(problems.map((problem) => problem.docs))]
  return `${title}: ${count}\n\n${lines.join('\n')}\n\nMore: ${links.join('\n      ')}`
}

/** Renders one problem, with its frame below it. */
export function renderProblem(problem: Problem): string {
  const source = problem.file ?? (problem.name === problem.key ? undefined : problem.name)
  const place = [source, problem.line, problem.column].filter((part) => part !== undefined).join(':')
  const head = [place, problem.key, problem.message].filter((part) => part !== undefined && part !== '').join('  ')
  const remedy = problem.remedy === undefined ? '' : `  → ${problem.remedy}`
  const frame = problem.frame === undefined ? '' : `\n${problem.frame}`
  return `  ${head}${remedy}${frame}`
}
