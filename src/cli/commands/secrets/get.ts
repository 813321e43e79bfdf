import { defineCommand } from 'citty'
import { cloudName } from '../../../cloud/index.ts'
import { CliError, EXIT, type Io } from '../../io.ts'
import { printJson } from '../../output.ts'
import { mustBeName } from '../../secret-input.ts'
import { localSecretsOf } from '../../secrets-target.ts'
import { findCloudProject } from '../../session.ts'
import { ASKING_ARGS } from './args.ts'

export const get = defineCommand({
  args: { name: { type: 'positional', description: 'Any name of the secret' }, ...ASKING_ARGS },
  async run({ args, data }) {
    const io = data as Io
    const name = mustBeName(String(args.name))
    const { secrets, shown: file } = localSecretsOf(findCloudProject(args, io))
    const secret =
      secrets.find(({ key, env }) => key === name || env === name) ??
      secrets.find(({ env }) => cloudName(env) === cloudName(name))
    if (!secret)
      throw new CliError(
        'NOT_FOUND',
        EXIT.notFound,
        `${file} has no such secret. 'systemprompt secrets list' shows the names.`,
      )
    await mayPrint(args.yes === true, secret.env, io)
    if (args.json) printJson(io, { key: secret.key, env: secret.env, value: secret.value })
    else io.out(`${secret.value}\n`)
    return EXIT.ok
  },
})

async function mayPrint(yes: boolean, name: string, io: Io): Promise<void> {
  if (yes) return
  if (!io.isInteractive)
    throw new CliError(
      'REFUSED',
      EXIT.refused,
      'This prints a secret. Nobody can be asked here; add -y if that is what you want.',
    )
  if (!(await io.confirm(`Print ${name} on this terminal?`)))
    throw new CliError('REFUSED', EXIT.refused, 'Nothing was printed.')
}
