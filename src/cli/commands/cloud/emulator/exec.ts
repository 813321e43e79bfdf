import { startEmulator } from '../../../../emulator/index.ts'
import { FLAGS } from '../../../args.ts'
import { defineCommand } from '../../../command.ts'
import { type Io, usageError } from '../../../io.ts'
import { EMULATOR_ARGS, readSeed } from './seed-file.ts'

export const exec = defineCommand({
  examples: [
    [
      'systemprompt cloud emulator exec -- npm test',
      'Run tests against their own cloud, logged in through environment variables',
    ],
  ],
  output: 'The output of the program. The exit code is that of the program.',
  exits: ['validation', 'programNotStarted', 'programNotFound'],
  takesProgram: true,
  args: {
    program: { type: 'positional', description: 'The program and its arguments, after --' },
    ...EMULATOR_ARGS,
    help: FLAGS.help,
  },
  async run({ args, io }) {
    const [command, ...rest] = args._
    if (command === undefined || command === '') {
      throw usageError('A program is missing: systemprompt cloud emulator exec -- npm test')
    }
    const seed = await readSeed(args, io.cwd)
    const emulator = await startEmulator({ seed, testApi: args['test-api'] === true })
    try {
      return await io.start({ command, args: rest, cwd: io.cwd, env: environment(io, emulator, seed.users[0]?.email) })
    } finally {
      await emulator.close()
    }
  },
})

/** The environment of this process, with the login of the emulator's first user. */
function environment(io: Io, emulator: Awaited<ReturnType<typeof startEmulator>>, email = ''): Record<string, string> {
  const own = Object.entries(io.env).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return {
    ...Object.fromEntries(own),
    SYSTEMPROMPT_API_URL: emulator.url,
    SYSTEMPROMPT_API_TOKEN: emulator.token(),
    SYSTEMPROMPT_USER_EMAIL: email,
  }
}
