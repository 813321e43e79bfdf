import { resolve } from 'node:path'
import { DEFAULT_SEED, parseSeed, type Seed } from '../../../../emulator/index.ts'
import { type Args, text } from '../../../args.ts'
import type { ArgsDef } from '../../../command.ts'
import { CliError, EXIT } from '../../../io.ts'

/** Flags of every command that starts an emulator. */
export const EMULATOR_ARGS = {
  seed: {
    type: 'string',
    valueHint: 'file',
    completes: 'file',
    description: 'A JSON file with the users and tenants',
  },
  'test-api': { type: 'boolean', description: 'Accept faults, clock changes and revocations at /_test/' },
} as const satisfies ArgsDef

/** The users and tenants from `--seed`, or the default ones. */
export async function readSeed(args: Args, cwd: string): Promise<Seed> {
  const file = text(args.seed)
  if (file === undefined) return DEFAULT_SEED
  const seed = parseSeed(resolve(cwd, file))
  if (typeof seed !== 'string') return seed
  throw new CliError('SEED', EXIT.validation, `The seed file cannot be used: ${seed}.`)
}
