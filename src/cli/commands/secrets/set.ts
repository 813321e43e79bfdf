import { editSecretsFile, secretName } from '../../../cloud/for-commands.ts'
import { PROJECT_ARGS } from '../../args.ts'
import { defineCommand } from '../../command.ts'
import { EXIT } from '../../io.ts'
import { printJson, shown, styled } from '../../output.ts'
import { findProject, secretsFileOf } from '../../project.ts'
import { givenSecrets, mustBeGivenOnce, SECRET_INPUT_ARGS } from '../../secret-input.ts'
import { FILE_EXITS } from '../../shapes.ts'
import { reportOverridden } from './overridden.ts'

export const set = defineCommand({
  examples: [
    ['systemprompt secrets set ANTHROPIC_API_KEY', 'Prompt for the value, which keeps it out of the shell history'],
    ['systemprompt secrets set GITHUB_TOKEN=@token.txt', 'Read the value from a file'],
    ['systemprompt secrets set --from-file .env', 'Set everything in a file'],
  ],
  output: 'One line with the names of the secrets.',
  json: { ok: 'boolean', file: 'string', set: 'string[]' },
  exits: FILE_EXITS,
  takesMany: true,
  args: {
    secrets: {
      type: 'positional',
      completes: 'new-secret',
      required: false,
      description: 'NAME=VALUE, NAME VALUE, NAME, NAME=@file or NAME=-',
    },
    ...PROJECT_ARGS,
    ...SECRET_INPUT_ARGS,
  },
  async run({ args, io }) {
    const project = findProject(args, io)
    const file = secretsFileOf(project)
    const given = await givenSecrets(args, args._, io)
    mustBeGivenOnce(given, (name) => secretName(name).env)
    const names = given.map(({ name }) => name)
    await editSecretsFile(project.files, file.path, {
      set: Object.fromEntries(given.map(({ name, value }) => [name, value])),
      validation: file.validation,
    })
    if (args.json) printJson(io, { ok: true, file: file.shown, set: names })
    else {
      io.out(`${styled(io, 'green', '✔')} Set ${names.map(shown).join(', ')} in ${shown(file.shown)}\n`)
      await reportOverridden(names, args, io)
    }
    return EXIT.ok
  },
})
