import { join, resolve } from 'node:path'
import {
  cloudName,
  editSecretsFile,
  FileError,
  isCloudError,
  isManaged,
  readLocalSecrets,
  servicesUsing,
} from '../../../../cloud/index.ts'
import { isConfigError } from '../../../../index.ts'
import { defineCommand } from '../../../command.ts'
import { CliError, EXIT, type Io } from '../../../io.ts'
import { printJson, shown, styled } from '../../../output.ts'
import { randomSecret } from '../../../random-secret.ts'
import { givenSecret, mustBeName, SECRET_INPUT_ARGS } from '../../../secret-input.ts'
import { localSecretsOf, openTarget, secretsFileOf } from '../../../secrets-target.ts'
import { type CloudProject, mustAgree } from '../../../session.ts'
import { CLOUD_EXITS } from '../../../shapes.ts'
import { setSecrets } from '../../../store-secrets.ts'
import { SECRETS_ARGS } from './args.ts'

export const rotate = defineCommand({
  examples: [
    ['systemprompt cloud secrets rotate ANTHROPIC_API_KEY', 'Ask for the new value, write it, send it'],
    ['systemprompt cloud secrets rotate jwt_secret --generate', 'Make the new value'],
  ],
  output: 'The three steps as they are done.',
  json: {
    ok: 'boolean',
    dry_run: 'boolean',
    tenant: 'string',
    secret: 'string',
    file: 'string',
    services: 'string[]',
    'failed?': [{ name: 'string', code: 'string', message: 'string' }],
  },
  exits: [...CLOUD_EXITS, 'partial'],
  args: {
    name: { type: 'positional', completes: 'cloud-secret', description: 'The name of the secret' },
    ...SECRETS_ARGS,
    ...SECRET_INPUT_ARGS,
    generate: { type: 'boolean', description: 'Make a new random value (jwt_secret and secrets of your own)' },
  },
  async run({ args, data }) {
    const io = data as Io
    if (args.generate && args['from-file'] !== undefined)
      throw new CliError('USAGE', EXIT.usage, 'Give --generate or --from-file; each gives a new value.')
    const target = openTarget(args, io)
    const name = mustBeName(String(args.name))
    const key = cloudName(name)
    if (isManaged(key)) throw new CliError('MANAGED', EXIT.refused, `The system manages ${key}; nothing was done.`)
    const { path, shown: file, validation } = secretsFileOf(target)
    const services = servicesOf(target, key)
    const seen = await target.client.listSecretKeys(target.tenant)
    // A name that was mistyped would leave the secret as it is, and look like one that was replaced.
    const isNew =
      !seen.keys.includes(key) &&
      !readLocalSecrets(path, file, validation).secrets.some(({ env }) => cloudName(env) === key)
    const absent = `Neither ${shown(file)} nor ${shown(target.tenant)} has ${key} yet`
    if (args['dry-run']) {
      if (args.json) printJson(io, { ok: true, dry_run: true, tenant: target.tenant, secret: key, file, services })
      else
        io.out(
          `${isNew ? `${absent}. ` : ''}Would put a new ${key} into ${shown(file)}, and send it to ${shown(target.tenant)}.\n`,
        )
      return EXIT.ok
    }
    const value = args.generate ? randomSecret(key) : await givenSecret(args, name, io)
    await mustAgree(
      args,
      io,
      isNew
        ? `${absent}. Put it into both?`
        : `Replace ${key} in ${shown(file)} and in ${shown(target.tenant)}? What uses the old one stops working.`,
    )
    const { undo } = await editSecretsFile(target.files, path, { set: { [name]: value }, validation })
    const facts = { dry_run: false, tenant: target.tenant, secret: key, file, services }
    try {
      localSecretsOf(target)
      await setSecrets(target, { [key]: value }, seen, io)
    } catch (error) {
      const isAsBefore = isRefusal(error) && (await undo().catch(() => false))
      if (isAsBefore || !isCloudError(error)) throw error
      const { code } = error
      const message = `${shown(target.tenant)} may not have the new ${key}; ${shown(file)} has it. Run 'systemprompt cloud secrets sync'.`
      if (args.json) {
        const failure = { name: target.tenant, code, message: `${error.message} ${message}` }
        printJson(io, { ok: false, ...facts, failed: [failure] })
      } else io.err(`${error.message}\n✖ ${message}\n`)
      return EXIT.partial
    }
    await target.client.close()
    if (args.json) printJson(io, { ok: true, ...facts })
    else if (!args.quiet)
      io.out(
        `1. ${shown(file)} has the new ${key}.\n2. ${shown(target.tenant)} has it as well.\n3. Restart what uses it: ${restarted(services, target.tenant)}.\n${styled(io, 'green', '✔')} ${isNew ? `${key} is new: neither had it before` : 'Rotated'}\n`,
      )
    return EXIT.ok
  },
})

/** Whether it is certain that nothing was stored. What is wrong with the files is found out before anything is sent. */
function isRefusal(error: unknown): boolean {
  if (isCloudError(error)) return !error.isUncertain && error.code !== 'UNAVAILABLE' && error.code !== 'BAD_ANSWER'
  return error instanceof FileError || isConfigError(error)
}

/** The services whose configs name the secret. */
function servicesOf({ loaded }: CloudProject, key: string): readonly string[] {
  if (!loaded) return []
  const paths = Reflect.get(loaded.config, 'paths') as { services?: unknown } | undefined
  const directory = typeof paths?.services === 'string' ? paths.services : join(loaded.root, 'services')
  return servicesUsing({ root: loaded.root, directory: resolve(loaded.root, directory) }, key)
}

function restarted(services: readonly string[], tenant: string): string {
  if (services.length === 0) return `the services of ${shown(tenant)}, and your own`
  const named = services.map(shown).join(', ')
  return `${named} (${services.length === 1 ? 'its config names' : 'their configs name'} it), in ${shown(tenant)} and here`
}
