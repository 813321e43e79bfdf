import { cloudName, editSecretsFile } from '../../../cloud/for-commands.ts'
import { FLAGS, PROJECT_ARGS, wholeNumber } from '../../args.ts'
import { defineCommand } from '../../command.ts'
import { mustAgree } from '../../confirm.ts'
import { EXIT } from '../../io.ts'
import { printJson, shown, styled } from '../../output.ts'
import { findProject, secretsFileOf } from '../../project.ts'
import { randomSecret } from '../../random-secret.ts'
import { mustBeName } from '../../secret-input.ts'
import { FILE_EXITS } from '../../shapes.ts'
import { reportOverridden } from './overridden.ts'

export const generate = defineCommand({
  examples: [
    ['systemprompt secrets generate jwt_secret', 'A new signing secret'],
    ['systemprompt secrets generate webhook_key --bytes 32', 'A secret of your own'],
  ],
  output: 'One line, without the value.',
  json: { ok: 'boolean', file: 'string', generated: 'string', replaced: 'boolean' },
  exits: FILE_EXITS,
  args: {
    name: {
      type: 'positional',
      completes: 'new-secret',
      required: false,
      description: 'The name of the secret [default: jwt_secret]',
    },
    ...PROJECT_ARGS,
    yes: FLAGS.yes,
    bytes: { type: 'string', valueHint: 'number', description: 'Number of random bytes [default: 48]' },
  },
  async run({ args, io }) {
    const name = mustBeName(String(args.name ?? 'jwt_secret'))
    const value = randomSecret(cloudName(name), wholeNumber(args, 'bytes', { min: 32, max: 1024, otherwise: 48 }))
    const project = findProject(args, io)
    const { path, shown: file, validation } = secretsFileOf(project)
    const edits = { set: { [name]: value }, validation }
    const { isRefused: exists } = await editSecretsFile(project.files, path, { ...edits, onlyNew: true })
    if (exists) {
      await mustAgree(args, io, `${shown(file)} has ${shown(name)} already. Replace it?`)
      await editSecretsFile(project.files, path, edits)
    }
    if (args.json) printJson(io, { ok: true, file, generated: name, replaced: exists })
    else {
      io.out(`${styled(io, 'green', '✔')} ${shown(file)} has a new ${shown(name)}\n`)
      await reportOverridden([name], args, io)
    }
    return EXIT.ok
  },
})
