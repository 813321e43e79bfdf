import { defineCommand } from 'citty'
import { editSecretsFile } from '../../../cloud/index.ts'
import { EXIT, type Io } from '../../io.ts'
import { printJson, shown, styled } from '../../output.ts'
import { givenSecrets, SECRET_INPUT_ARGS } from '../../secret-input.ts'
import { secretsFileOf } from '../../secrets-target.ts'
import { findCloudProject } from '../../session.ts'
import { LOCAL_ARGS } from './args.ts'

export const set = defineCommand({
  args: {
    secrets: {
      type: 'positional',
      required: false,
      description: 'NAME=VALUE, NAME VALUE, NAME, NAME=@file or NAME=-',
    },
    ...LOCAL_ARGS,
    ...SECRET_INPUT_ARGS,
  },
  async run({ args, data }) {
    const io = data as Io
    const project = findCloudProject(args, io)
    const file = secretsFileOf(project)
    const given = await givenSecrets(args, args._, io)
    const names = given.map(({ name }) => name)
    await editSecretsFile(project.files, file.path, {
      set: Object.fromEntries(given.map(({ name, value }) => [name, value])),
    })
    if (args.json) printJson(io, { ok: true, file: file.shown, set: names })
    else io.out(`${styled(io, 'green', '✔')} Set ${names.map(shown).join(', ')} in ${shown(file.shown)}\n`)
    return EXIT.ok
  },
})
