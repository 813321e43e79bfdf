import { displayPath } from '../../../cloud/for-commands.ts'
import { PROJECT_ARGS } from '../../args.ts'
import { defineCommand } from '../../command.ts'
import { CliError, EXIT } from '../../io.ts'
import { printJson, shown, styled } from '../../output.ts'
import { findProject, PROFILE_REASON } from '../../project.ts'
import { LOAD_EXITS } from '../../shapes.ts'

export const show = defineCommand({
  examples: [['systemprompt profile show', 'Which profile commands use, and why']],
  output: 'The name of the profile, what selected it, and its file.',
  json: { name: 'string', file: 'string', chosen_by: 'string' },
  exits: LOAD_EXITS,
  args: PROJECT_ARGS,
  async run({ args, io }) {
    const { profile, failure } = findProject(args, io)
    if (failure) throw failure
    if (!profile)
      throw new CliError('NOT_FOUND', EXIT.notFound, "There is no profile here. 'systemprompt init' creates one.")
    const { name, file, chosenBy } = profile
    if (args.json) printJson(io, { name, file, chosen_by: chosenBy })
    else
      io.out(`${styled(io, 'bold', shown(name))}, ${PROFILE_REASON[chosenBy]}\n${shown(displayPath(io.cwd, file))}\n`)
    return EXIT.ok
  },
})
