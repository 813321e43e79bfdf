import { collectProblems, isConfigError } from '../../src/errors/errors.ts'
import { readText } from '../../src/read/guard.ts'
import { parseJson } from '../../src/read/json.ts'
import { parseYaml } from '../../src/read/yaml.ts'
import { parseYamlValue } from '../../src/read/yaml-full.ts'
import type { Source } from '../../src/types.ts'

/** What the child found, one entry a round; that it is printed at all shows that the child lived on. */
export interface ChildReport {
  readonly codes: readonly string[]
  readonly isConfigError: boolean
  readonly milliseconds: number
  readonly isPolluted: boolean
}

const [kind, file = '', rounds = '1'] = process.argv.slice(2)
const parse = { yaml: parseYaml, value: parseYamlValue, json: parseJson }[kind ?? '']
if (!parse) throw new TypeError(`yaml, value or json, not ${kind}`)
console.log(JSON.stringify(Array.from({ length: Number(rounds) }, () => round(parse))))

function round(parse: (source: Source, problems: ReturnType<typeof collectProblems>) => unknown): ChildReport {
  const problems = collectProblems()
  const start = performance.now()
  const read = readText(file, { layer: 'profile', file: 'input', confidential: false }, problems)
  if (read) parse(read.source, problems)
  const milliseconds = performance.now() - start
  const codes = problems.errors.map(({ code }) => code)
  return { codes, isConfigError: isThrown(problems), milliseconds, isPolluted: 'polluted' in {} }
}

function isThrown(problems: ReturnType<typeof collectProblems>): boolean {
  try {
    problems.throwIfAny()
    return false
  } catch (error) {
    return isConfigError(error)
  }
}
