import { EXIT } from '../../src/cli/io.ts'
import { resolveCommand } from '../../src/cli/run.ts'
import { ALWAYS } from '../support/commands.ts'
import { differences } from '../support/shape.ts'

/**
 * What a run did that its command does not document: an exit code that it does not list, or JSON of another
 * shape. Every command line of the tests goes through here, so that docs/commands.md cannot drift.
 */
export async function undocumented(argv: readonly string[], code: number, out: string): Promise<readonly string[]> {
  const { command } = await resolveCommand(argv)
  if (!command.run || isAskedForHelp(argv)) return []
  const { exits = [], takesProgram, json } = command
  const codes: readonly number[] = [...ALWAYS, ...exits].map((name) => EXIT[name])
  const wrongCode = takesProgram || codes.includes(code) ? [] : [`exit code ${code} is not documented`]
  if (!json || !argv.includes('--json')) return wrongCode
  const document: unknown = JSON.parse(out)
  return [...wrongCode, ...(isFailure(document) ? differences(document, FAILURE) : differences(document, json))]
}

const FAILURE = { ok: 'boolean', error: 'any' } as const

function isFailure(document: unknown): boolean {
  return typeof document === 'object' && document !== null && Reflect.get(document, 'error') !== undefined
}

function isAskedForHelp(argv: readonly string[]): boolean {
  return argv.some((word) => word === '--help' || word === '-h')
}
