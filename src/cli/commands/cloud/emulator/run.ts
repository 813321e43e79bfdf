import { DIFFERENCES, type EmulatorOptions, findEmulatorDirectory, startEmulator } from '../../../../emulator/index.ts'
import { cwdOf, FLAGS, wholeNumber } from '../../../args.ts'
import { defineCommand, lazy } from '../../../command.ts'
import { CliError, EXIT, type Io } from '../../../io.ts'
import { printJson, shown, styled } from '../../../output.ts'
import { findProject } from '../../../project.ts'
import { EMULATOR_ARGS, readSeed } from './seed-file.ts'

export const emulator = defineCommand({
  examples: [
    ['systemprompt cloud emulator', 'On port 8787, with its state kept in the project'],
    ['systemprompt cloud emulator --port 0 --ephemeral --json', 'In a script, on a free port, without keeping state'],
  ],
  output: 'Its URL and where it keeps its state, then nothing until it is stopped.',
  json: { ok: 'boolean', url: 'string', token: 'string' },
  exits: ['validation', 'conflict', 'refused'],
  args: {
    port: { type: 'string', valueHint: 'number', description: 'The port, or 0 for any free port [default: 8787]' },
    seed: EMULATOR_ARGS.seed,
    ephemeral: { type: 'boolean', description: 'Keep no state' },
    'test-api': EMULATOR_ARGS['test-api'],
    cwd: FLAGS.cwd,
    json: FLAGS.json,
    help: FLAGS.help,
  },
  subCommands: {
    exec: lazy(
      'Run a command against a fresh emulator: exec -- npm test',
      async () => (await import('./exec.ts')).exec,
    ),
  },
  async run({ args, io }) {
    const cwd = cwdOf(args, io)
    // Other errors in the project do not matter here.
    if (args.cwd !== undefined) findProject(args, io)
    const directory = findEmulatorDirectory({ cwd, env: io.env })
    const running = await started({
      port: wholeNumber(args, 'port', { min: 0, max: 65_535, otherwise: 8787 }),
      seed: await readSeed(args, cwd),
      testApi: args['test-api'] === true,
      ...(args.ephemeral ? {} : { directory }),
    })
    if (args.json) printJson(io, { ok: true, url: running.url, token: running.token() })
    else io.out(`${greeting(io, running.url, args.ephemeral ? undefined : directory)}\n`)
    // Node loads its response code with the first response, which would delay a request.
    setImmediate(() => new Response())
    await io.interrupted()
    await running.close()
    return EXIT.ok
  },
})

async function started(options: EmulatorOptions) {
  try {
    return await startEmulator(options)
  } catch (error) {
    // Checked by its properties: the emulator has another copy of FileError than the cloud client.
    const { code, file } = (error instanceof Error ? error : {}) as { code?: unknown; file?: unknown }
    if (code === 'EADDRINUSE' || code === 'EACCES') {
      throw new CliError(
        'PORT',
        EXIT.conflict,
        `Port ${options.port} is not available. Choose another with --port, or 0 for any free port.`,
      )
    }
    if (code === 'FILE_LOCKED')
      throw new CliError(
        'RUNNING',
        EXIT.conflict,
        `An emulator of this project is already running, and has its state. Use that one, or start another with --ephemeral. If none is running, remove ${shown(`${file}.lock`)}.`,
      )
    // These messages say what is wrong with the journal, without quoting it.
    if (error instanceof TypeError && /^The emulator's/.test(error.message))
      throw new CliError('STATE', EXIT.validation, error.message)
    throw error
  }
}

function greeting(io: Io, url: string, directory: string | undefined): string {
  return [
    `${styled(io, 'green', '✔')} The emulator is running at ${styled(io, 'bold', url)}; Ctrl-C stops it`,
    directory === undefined ? '  It keeps no state.' : `  It keeps its state in ${shown(directory)}.`,
    '',
    `  systemprompt cloud auth login --api-url ${url}`,
    '',
    'How it differs from the service:',
    ...DIFFERENCES.map((line) => `  - ${line}`),
  ].join('\n')
}
