import {
  cloudName,
  editSecretsFile,
  isManaged,
  mustBeEditable,
  type SecretEdits,
} from '../../../../cloud/for-commands.ts'
import { TENANT_CHANGE_ARGS } from '../../../args.ts'
import { defineCommand } from '../../../command.ts'
import { CliError, EXIT, type Io } from '../../../io.ts'
import { count, printJson, shown, styled } from '../../../output.ts'
import { type SecretsPlace, secretsFileOf } from '../../../project.ts'
import { type GivenSecret, givenSecrets, mustBeGivenOnce, SECRET_INPUT_ARGS } from '../../../secret-input.ts'
import { openTargetToSend, type SecretsTarget } from '../../../secrets-target.ts'
import { CLOUD_EXITS } from '../../../shapes.ts'
import { setSecrets } from '../../../store-secrets.ts'
import { progress } from './plan-table.ts'

export const set = defineCommand({
  examples: [
    [
      'systemprompt cloud secrets set ANTHROPIC_API_KEY',
      'Prompt for the value, which keeps it out of the shell history',
    ],
    [
      'systemprompt cloud secrets set STRIPE_KEY=@key.txt --local',
      'Read the value from a file, and update secrets.json as well',
    ],
  ],
  output: 'One line with the names of the secrets.',
  json: { ok: 'boolean', tenant: 'string', dry_run: 'boolean', set: 'string[]' },
  exits: [...CLOUD_EXITS, 'partial'],
  takesMany: true,
  args: {
    secrets: {
      type: 'positional',
      completes: 'new-secret',
      required: false,
      description: 'NAME=VALUE, NAME VALUE, NAME, NAME=@file or NAME=-',
    },
    ...TENANT_CHANGE_ARGS,
    ...SECRET_INPUT_ARGS,
    local: { type: 'boolean', description: 'Update secrets.json as well' },
  },
  async run({ args, io }) {
    const target = await openTargetToSend(args, io)
    const local = args.local ? secretsFileOf(target) : undefined
    const given = await givenSecrets(args, args._, io)
    const values = byCloudName(given)
    const names = Object.keys(values).sort()
    if (!args['dry-run']) {
      if (local) await mustBeEditable(target.files, local.path, editsFor(given, local))
      const seen = await target.client.listSecretKeys(target.tenant)
      progress(io, `Sending ${count(names.length, 'secret')} …`)
      await setSecrets(target, values, seen, io)
      if (local) await changeFile(given, local, target, io)
    }
    await target.client.close()
    if (args.json) printJson(io, { ok: true, tenant: target.tenant, dry_run: args['dry-run'] === true, set: names })
    else if (!args.quiet) {
      const done = args['dry-run'] ? 'Would set' : `${styled(io, 'green', '✔')} Set`
      io.out(`${done} ${names.join(', ')} in ${shown(target.tenant)}${local ? ` and ${shown(local.shown)}` : ''}\n`)
    }
    return EXIT.ok
  },
})

/** The cloud already has the values by now; if the file cannot be changed, that is reported. */
async function changeFile(
  given: readonly GivenSecret[],
  file: SecretsPlace,
  { files, tenant }: SecretsTarget,
  io: Io,
): Promise<void> {
  try {
    await editSecretsFile(files, file.path, editsFor(given, file))
  } catch (error) {
    io.err(`${shown(tenant)} has them now; ${shown(file.shown)} is as it was.\n`)
    throw error
  }
}

function editsFor(given: readonly GivenSecret[], { validation }: SecretsPlace): SecretEdits {
  return { set: Object.fromEntries(given.map(({ name, value }) => [name, value])), asInCloud: true, validation }
}

/** All or none: a name that the system manages stops the whole command. */
function byCloudName(given: readonly GivenSecret[]): Readonly<Record<string, string>> {
  const named = given.map(({ name, value }) => [cloudName(name), value] as const)
  const managed = named.map(([name]) => name).filter(isManaged)
  if (managed.length > 0) {
    throw new CliError('MANAGED', EXIT.refused, `The system manages ${managed.join(', ')}; nothing was set.`)
  }
  mustBeGivenOnce(given, cloudName)
  return Object.fromEntries(named)
}
