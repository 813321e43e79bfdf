import { cloudName } from '../../../cloud/for-commands.ts'
import { nearest } from '../../../index.ts'
import { FLAGS, PROJECT_ARGS } from '../../args.ts'
import { defineCommand } from '../../command.ts'
import { confirmPrint } from '../../confirm.ts'
import { CliError, EXIT } from '../../io.ts'
import { printJson, printValues, shown } from '../../output.ts'
import { findProject, localSecretsOf } from '../../project.ts'
import { mustBeName } from '../../secret-input.ts'
import { LOAD_EXITS } from '../../shapes.ts'

export const get = defineCommand({
  examples: [
    ['systemprompt secrets get ANTHROPIC_API_KEY', 'Print the value, after asking'],
    ['systemprompt secrets get DATABASE_URL -y', 'In a script, without asking'],
  ],
  output: 'The value.',
  json: { key: 'string', env: 'string', value: 'string' },
  exits: [...LOAD_EXITS, 'refused'],
  args: {
    name: {
      type: 'positional',
      completes: 'secret',
      description: 'The name of the secret, as in the file or in the environment',
    },
    ...PROJECT_ARGS,
    yes: FLAGS.yes,
  },
  async run({ args, io }) {
    const name = mustBeName(String(args.name))
    const { secrets, shown: file } = localSecretsOf(findProject(args, io))
    const secret =
      secrets.find(({ key, env }) => key === name || env === name) ??
      secrets.find(({ env }) => cloudName(env) === cloudName(name))
    if (!secret) {
      const near = nearest(
        name,
        secrets.flatMap(({ key, env }) => [key, env]),
      )
      const hint = near === undefined ? "'systemprompt secrets list' shows the names." : `Did you mean ${shown(near)}?`
      throw new CliError('NOT_FOUND', EXIT.notFound, `${file} has no such secret. ${hint}`)
    }
    await confirmPrint(args, io, secret.env)
    if (args.json) printJson(io, { key: secret.key, env: secret.env, value: secret.value })
    else printValues(io, `${secret.value}\n`)
    return EXIT.ok
  },
})
