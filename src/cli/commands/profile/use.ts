import { activateProfile, profilesIn } from '../../../cloud/for-commands.ts'
import { nearest } from '../../../index.ts'
import { FLAGS } from '../../args.ts'
import { defineCommand } from '../../command.ts'
import { CliError, EXIT } from '../../io.ts'
import { printJson, shown } from '../../output.ts'
import { findProject } from '../../project.ts'
import { FILE_EXITS } from '../../shapes.ts'

export const use = defineCommand({
  examples: [['systemprompt profile use production', 'Commands without --profile use it from now on']],
  output: 'One line.',
  json: { ok: 'boolean', active_profile: 'string' },
  exits: FILE_EXITS,
  args: {
    name: { type: 'positional', completes: 'profile', description: 'The name of the profile' },
    cwd: FLAGS.cwd,
    json: FLAGS.json,
    help: FLAGS.help,
  },
  async run({ args, io }) {
    const { files } = findProject(args, io)
    const name = String(args.name)
    const names = profilesIn(files.state)
    if (!names.includes(name)) {
      const near = nearest(name, names)
      const list = names.length === 0 ? "'systemprompt init' creates one." : `Available: ${names.join(', ')}.`
      throw new CliError(
        'NOT_FOUND',
        EXIT.notFound,
        `There is no such profile. ${near === undefined ? list : `Did you mean ${near}?`}`,
      )
    }
    await activateProfile(files.state, name)
    if (args.json) printJson(io, { ok: true, active_profile: name })
    else io.out(`${shown(name)} is now the active profile.\n`)
    return EXIT.ok
  },
})
