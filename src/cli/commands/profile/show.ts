import type { ProfileChoice } from '../../../index.ts'
import { defineCommand } from '../../command.ts'
import { CliError, EXIT, type Io } from '../../io.ts'
import { printJson, shown, styled } from '../../output.ts'
import { findCloudProject } from '../../session.ts'
import { LOAD_EXITS } from '../../shapes.ts'
import { LOCAL_ARGS } from '../secrets/args.ts'

export const show = defineCommand({
  examples: [['systemprompt profile show', 'Which profile a command would take, and why']],
  output: 'Its name, what chose it, and its file.',
  json: { name: 'string', file: 'string', chosen_by: 'string' },
  exits: LOAD_EXITS,
  args: LOCAL_ARGS,
  async run({ args, data }) {
    const io = data as Io
    const { profile, failure } = findCloudProject(args, io)
    if (failure) throw failure
    if (!profile)
      throw new CliError('NOT_FOUND', EXIT.notFound, "There is no profile here. 'systemprompt init' makes one.")
    const { name, file, chosenBy } = profile
    if (args.json) printJson(io, { name, file, chosen_by: chosenBy })
    else io.out(`${styled(io, 'bold', shown(name))}, ${REASONS[chosenBy]}\n${shown(file)}\n`)
    return EXIT.ok
  },
})

const REASONS = {
  option: 'chosen by --profile',
  SYSTEMPROMPT_PROFILE: 'chosen by SYSTEMPROMPT_PROFILE',
  session: "chosen by 'systemprompt profile use'",
  'only one': 'the only one there is',
  local: 'the one that is taken where none is chosen',
} as const satisfies Record<ProfileChoice, string>
