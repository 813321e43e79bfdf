import { editSecretsFile, missingFrom, secretName } from '../../../cloud/for-commands.ts'
import { FLAGS, PROJECT_ARGS } from '../../args.ts'
import { defineCommand } from '../../command.ts'
import { mustAgree } from '../../confirm.ts'
import { CliError, EXIT } from '../../io.ts'
import { printJson, shown, styled } from '../../output.ts'
import { findProject, secretsFileOf } from '../../project.ts'
import { mustBeNames } from '../../secret-input.ts'
import { FILE_EXITS } from '../../shapes.ts'

export const unset = defineCommand({
  examples: [
    ['systemprompt secrets unset GITHUB_TOKEN', 'Remove one secret, after asking'],
    ['systemprompt secrets unset OPENAI_API_KEY GITHUB_TOKEN -y', 'Remove two secrets without asking'],
  ],
  output: 'One line with the names of the secrets. Names that do not exist go to standard error.',
  json: { ok: 'boolean', file: 'string', removed: 'string[]', missing: 'string[]' },
  exits: [...FILE_EXITS, 'partial'],
  takesMany: true,
  args: {
    names: { type: 'positional', completes: 'secret', description: 'The names of the secrets' },
    ...PROJECT_ARGS,
    yes: FLAGS.yes,
  },
  async run({ args, io }) {
    const project = findProject(args, io)
    const file = secretsFileOf(project)
    const given = mustBeNames(args._)
    const names = [...new Map(given.map((name) => [secretName(name).env, name])).values()]
    const absent = missingFrom(file.path, { unset: names })
    const present = names.filter((name) => !absent.includes(name))
    if (present.length > 0)
      await mustAgree(args, io, `Remove ${present.map(shown).join(', ')} from ${shown(file.shown)}?`)
    // What another command has set since then was not agreed to.
    const { missing: alreadyMissing } = await editSecretsFile(project.files, file.path, { unset: present })
    const removed = present.filter((name) => !alreadyMissing.includes(name))
    const missing = names.filter((name) => !removed.includes(name))
    if (removed.length === 0)
      throw new CliError('NOT_FOUND', EXIT.notFound, `${shown(file.shown)} has none of these secrets.`)
    if (args.json) printJson(io, { ok: missing.length === 0, file: file.shown, removed, missing })
    else {
      io.out(`${styled(io, 'green', '✔')} Removed ${removed.map(shown).join(', ')} from ${shown(file.shown)}\n`)
      if (missing.length > 0) io.err(`Not found: ${missing.map(shown).join(', ')}\n`)
    }
    return missing.length === 0 ? EXIT.ok : EXIT.partial
  },
})
