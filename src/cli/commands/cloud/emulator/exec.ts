import { defineCommand } from 'citty'
import { startEmulator } from '../../../../emulator/index.ts'
import { CliError, EXIT, type Io } from '../../../io.ts'
import { readSeed } from './seed-file.ts'

export const exec = defineCommand({
  args: {
    'command...': { type: 'positional', description: 'The command and its arguments, after --' },
    seed: { type: 'string', valueHint: 'file', description: 'A JSON file with the users and tenants' },
    'test-api': { type: 'boolean', description: 'Take faults, clock moves and revocations at /_test/' },
    help: { type: 'boolean', alias: 'h', description: 'Show this help' },
  },
  async run({ args, data }) {
    const io = data as Io
    const seed = await readSeed(args, io.cwd)
    const emulator = await startEmulator({ seed, testApi: args['test-api'] === true })
    const [command = '', ...rest] = args['command...'] as unknown as readonly string[]
    const login = {
      SYSTEMPROMPT_API_URL: emulator.url,
      SYSTEMPROMPT_API_TOKEN: emulator.token(),
      SYSTEMPROMPT_USER_EMAIL: seed.users[0]?.email ?? '',
    }
    const code = await io.runProgram(command, rest, { ...io.env, ...login })
    await emulator.close()
    if (code === 127) throw new CliError('NOT_FOUND', EXIT.notFound, 'There is no such program.')
    return code
  },
})
