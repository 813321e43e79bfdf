import { relative } from 'node:path'
import { loadConfig, type ResolvedConfig, type TypesFile, type TypesFileOptions, writeTypes } from '../../../index.ts'
import { LOAD_ARGS, text } from '../../args.ts'
import { defineCommand } from '../../command.ts'
import { EXIT } from '../../io.ts'
import { loadOptionsOfBuild } from '../../options.ts'
import { printJson, styled } from '../../output.ts'
import { LOAD_EXITS, PROBLEM } from '../../shapes.ts'
import { printWarnings } from '../../warnings.ts'

export const types = defineCommand({
  examples: [
    ['systemprompt config types', 'Write the type declarations'],
    ['systemprompt config types --file src/env.d.ts', 'If tsconfig.json includes only src/'],
    ['systemprompt config types --check', 'In CI: fail if the file is out of date'],
  ],
  output: 'The name of the file, and whether it was written.',
  json: { file: 'string', state: 'string', warnings: [PROBLEM] },
  exits: LOAD_EXITS,
  args: {
    ...LOAD_ARGS,
    file: {
      type: 'string',
      valueHint: 'file',
      completes: 'file',
      description: 'The file to write [default: systemprompt-env.d.ts next to tsconfig.json, or in the project root]',
    },
    check: { type: 'boolean', description: 'Write nothing; fail if the file is out of date' },
  },
  async run({ args, io }) {
    const options = loadOptionsOfBuild(args, io)
    const resolved = await loadConfig(options)
    const { file, state } = await written(resolved, {
      cwd: options.cwd,
      file: text(args.file),
      check: args.check === true,
    })
    const shown = relative(io.cwd, file)
    if (args.json) printJson(io, { file, state, warnings: resolved.warnings })
    else {
      const mark = state === 'stale' ? styled(io, 'red', '✖') : styled(io, 'green', '✔')
      io.out(`${mark} ${shown} ${STATE_TEXT[state]}\n`)
      printWarnings(io, resolved.warnings)
    }
    return state === 'stale' ? EXIT.validation : EXIT.ok
  },
})

/** @throws FileError if the project cannot be written to, such as in an image */
async function written(resolved: ResolvedConfig<unknown>, options: TypesFileOptions): Promise<TypesFile> {
  try {
    return writeTypes(resolved, options)
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error
    const { unwritable } = await import('../../../cloud/for-commands.ts')
    throw unwritable(writeTypes(resolved, { ...options, check: true }).file, error)
  }
}

const STATE_TEXT = {
  written: 'is written',
  unchanged: 'is up to date',
  stale: 'is out of date: run the command without --check',
} as const
