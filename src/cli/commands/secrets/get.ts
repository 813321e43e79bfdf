import { cloudName } from '../../../cloud/for-commands.ts'
import { nearest } from '../../../index.ts'
import { FLAGS, PROJECT_ARGS } from '../../args.ts'
import { defineCommand } from '../../command.ts'
import { confirmPrint } from '../../confirm.ts'
import { CliError, EXIT } from '../../io.ts'
import { placeOf, printJson, printValues, shown } from '../../output.ts'
import { findProject, localSecretsOf, type Project } from '../../project.ts'
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
    const project = findProject(args, io)
    const { secrets, shown: file } = readSecrets(name, project)
    const secret =
      secrets.find(({ key, env }) => key === name || env === name) ??
      secrets.find(({ env }) => cloudName(env) === cloudName(name))
    if (!secret) {
      const near = nearest(
        name,
        secrets.flatMap(({ key, env }) => [key, env]),
      )
      const hint = near === undefined ? "'systemprompt secrets list' shows the names." : `Did you mean ${shown(near)}?`
      refuseIfElsewhere(name, project)
      throw new CliError('NOT_FOUND', EXIT.notFound, `${file} has no such secret. ${hint}`)
    }
    await confirmPrint(args, io, secret.env)
    if (args.json) printJson(io, { key: secret.key, env: secret.env, value: secret.value })
    else printValues(io, `${secret.value}\n`)
    return EXIT.ok
  },
})

/** The secrets in the profile's file. @throws CliError if there is no such file, which need not be where the secret is */
function readSecrets(name: string, project: Project): ReturnType<typeof localSecretsOf> {
  try {
    return localSecretsOf(project)
  } catch (error) {
    if (error instanceof CliError) refuseIfElsewhere(name, project)
    throw error
  }
}

/** @throws CliError NOT_FOUND that says which .env file has the name, or that the environment does */
function refuseIfElsewhere(name: string, { loaded }: Project): void {
  const origin = loaded?.explain(name)[0]?.origin
  if (origin?.layer !== 'dotenv' && origin?.layer !== 'environment') return
  const place = origin.file === undefined ? 'the environment' : placeOf(origin)
  throw new CliError(
    'NOT_FOUND',
    EXIT.notFound,
    `secrets.json does not have this name, but ${place} does. 'systemprompt config show ${name} --reveal' prints it.`,
  )
}
