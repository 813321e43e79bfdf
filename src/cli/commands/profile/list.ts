import { relative } from 'node:path'
import { profilesIn } from '../../../cloud/for-commands.ts'
import { PROJECT_ARGS } from '../../args.ts'
import { defineCommand } from '../../command.ts'
import { CliError, EXIT } from '../../io.ts'
import { printJson, shown, table } from '../../output.ts'
import { findProject } from '../../project.ts'
import { LOAD_EXITS } from '../../shapes.ts'

export const list = defineCommand({
  examples: [['systemprompt profile list', 'The arrow marks the current profile']],
  output: 'A table of the profiles.',
  json: { profiles: 'string[]', in_use: 'string|null' },
  exits: LOAD_EXITS,
  args: PROJECT_ARGS,
  async run({ args, io }) {
    const { files, profile } = findProject(args, io)
    const names = profilesIn(files.state)
    if (names.length === 0) {
      const where = profile ? `in .systemprompt/profiles; ${shown(relative(io.cwd, profile.file))} is in use` : 'here'
      throw new CliError('NOT_FOUND', EXIT.notFound, `There is no profile ${where}. 'systemprompt init' creates one.`)
    }
    if (args.json) printJson(io, { profiles: names, in_use: profile?.name ?? null })
    else
      io.out(
        `${table(
          io,
          ['', 'profile'],
          names.map((name) => [name === profile?.name ? '→' : '', name]),
        )}\n`,
      )
    return EXIT.ok
  },
})
