import { PROJECT_ARGS } from '../../args.ts'
import { defineCommand } from '../../command.ts'
import { EXIT } from '../../io.ts'
import { printJson, table } from '../../output.ts'
import { findProject, localSecretsOf } from '../../project.ts'
import { LOAD_EXITS } from '../../shapes.ts'
import { printWarnings } from '../../warnings.ts'

export const list = defineCommand({
  examples: [['systemprompt secrets list', 'Names in the file and in the environment, never values']],
  output: 'A table of names.',
  json: { file: 'string', secrets: [{ key: 'string', env: 'string' }] },
  exits: LOAD_EXITS,
  args: PROJECT_ARGS,
  async run({ args, io }) {
    const { secrets, shown: file, warnings } = localSecretsOf(findProject(args, io))
    if (args.json) printJson(io, { file, secrets: secrets.map(({ key, env }) => ({ key, env })) })
    else {
      io.out(
        `${table(
          io,
          ['secret', 'environment variable'],
          secrets.map(({ key, env }) => [key, env]),
        )}\n`,
      )
      printWarnings(io, warnings)
    }
    return EXIT.ok
  },
})
