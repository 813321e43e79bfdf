import { loadConfig, type ResolvedConfig, secretValues } from '../../index.ts'
import { LOAD_ARGS } from '../args.ts'
import { defineCommand } from '../command.ts'
import { environmentFor, withoutExported } from '../exported.ts'
import { usageError } from '../io.ts'
import { loadOptions } from '../options.ts'
import { LOAD_EXITS } from '../shapes.ts'
import type { Program } from '../start-program.ts'
import { printWarningsIfWanted } from '../warnings.ts'

const { json: _, ...ARGS } = LOAD_ARGS

export const run = defineCommand({
  examples: [
    ['systemprompt run -- node server.js', 'Use the current profile'],
    ['systemprompt run --profile staging --redact -- npm test', 'Use another profile, and mask secrets in the output'],
  ],
  output: 'The output of the program. The exit code is that of the program.',
  exits: [...LOAD_EXITS, 'programNotStarted', 'programNotFound'],
  takesProgram: true,
  args: {
    program: { type: 'positional', description: 'The program and its arguments, after --' },
    ...ARGS,
    redact: { type: 'boolean', description: 'Mask secrets in the output of the program' },
    watch: { type: 'boolean', description: 'Restart the program when the configuration changes' },
  },
  async run({ args, io }) {
    const [command, ...rest] = args._
    if (command === undefined || command === '') {
      throw usageError('A program is missing: systemprompt run -- node app.js')
    }
    const programFor = async (result: ResolvedConfig): Promise<Program> => {
      printWarningsIfWanted(io, result.warnings)
      const redact = args.redact ? await matcherOf(result) : undefined
      const env = environmentFor(result, io.env)
      return { command, args: rest, cwd: io.cwd, env, ...(redact ? { redact } : {}) }
    }
    const options = { ...loadOptions(args, io), env: withoutExported(io.env) }
    if (args.watch) return (await import('../watch-program.ts')).watchProgram(options, io, programFor)
    return io.start(await programFor(await loadConfig(options)))
  },
})

async function matcherOf(result: Parameters<typeof secretValues>[0]) {
  const { createMatcher } = await import('../../scan/index.ts')
  return createMatcher(secretValues(result), { commonValues: 'find' })
}
