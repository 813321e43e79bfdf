import { resolve } from 'node:path'
import {
  type CloudError,
  cloudName,
  editSecretsFile,
  FileError,
  isCloudError,
  isManaged,
  readLocalSecrets,
  servicesUsing,
} from '../../../../cloud/for-commands.ts'
import { isConfigError } from '../../../../index.ts'
import { TENANT_CHANGE_ARGS, text } from '../../../args.ts'
import { defineCommand } from '../../../command.ts'
import { mustAgree } from '../../../confirm.ts'
import { CliError, EXIT, type Io, usageError } from '../../../io.ts'
import { printJson, shown, styled } from '../../../output.ts'
import { localSecretsOf, type Project, type SecretsPlace, secretsFileOf } from '../../../project.ts'
import { randomSecret } from '../../../random-secret.ts'
import { givenSecret, mustBeName, SECRET_INPUT_ARGS } from '../../../secret-input.ts'
import { openTargetToSend } from '../../../secrets-target.ts'
import { CLOUD_EXITS, FAILED } from '../../../shapes.ts'
import { setSecrets } from '../../../store-secrets.ts'

export const rotate = defineCommand({
  examples: [
    ['systemprompt cloud secrets rotate ANTHROPIC_API_KEY', 'Prompt for the new value, write it and send it'],
    ['systemprompt cloud secrets rotate jwt_secret --generate', 'Generate the new value'],
  ],
  output: 'The three steps as they complete.',
  json: {
    ok: 'boolean',
    dry_run: 'boolean',
    tenant: 'string',
    secret: 'string',
    file: 'string',
    services: 'string[]',
    'failed?': FAILED,
  },
  exits: [...CLOUD_EXITS, 'partial'],
  args: {
    name: { type: 'positional', completes: 'cloud-secret', description: 'The name of the secret' },
    ...TENANT_CHANGE_ARGS,
    ...SECRET_INPUT_ARGS,
    generate: { type: 'boolean', description: 'Generate a random value (for jwt_secret and your own secrets)' },
  },
  async run({ args, io }) {
    if (args.generate && args['from-file'] !== undefined)
      throw usageError('Give either --generate or --from-file: each provides a new value.')
    const target = await openTargetToSend(args, io)
    const name = mustBeName(String(args.name))
    const key = cloudName(name)
    if (isManaged(key)) throw new CliError('MANAGED', EXIT.refused, `The system manages ${key}; nothing was done.`)
    const place = secretsFileOf(target)
    const seen = await target.client.listSecretKeys(target.tenant)
    const facts: Facts = { tenant: target.tenant, secret: key, file: place.shown, services: servicesOf(target, key) }
    const isNew = !seen.keys.includes(key) && !isInFile(key, place)
    if (args['dry-run']) {
      if (args.json) printJson(io, { ok: true, dry_run: true, ...facts })
      else io.out(planned(facts, isNew))
      return EXIT.ok
    }
    const value = args.generate ? randomSecret(key) : await givenSecret(args, name, io)
    await mustAgree(args, io, question(facts, isNew))
    const { undo } = await editSecretsFile(target.files, place.path, {
      set: { [name]: value },
      asInCloud: true,
      validation: place.validation,
    })
    try {
      localSecretsOf(target)
      const unconfirmed = await setSecrets(target, { [key]: value }, seen, io)
      if (unconfirmed.length > 0) {
        await target.client.close()
        reportConflict(facts, args.json === true, io)
        return EXIT.partial
      }
    } catch (error) {
      const isAsBefore = isRefusal(error) && (await undo().catch(() => false))
      if (isAsBefore || !isCloudError(error)) throw error
      reportHalfDone(error, facts, args.json === true, io)
      return EXIT.partial
    }
    await target.client.close()
    if (args.json) printJson(io, { ok: true, dry_run: false, ...facts })
    else if (!args.quiet) io.out(done(facts, isNew, io))
    return EXIT.ok
  },
})

/** What `--json` prints in every case. */
interface Facts {
  readonly tenant: string
  /** Its name in the cloud. */
  readonly secret: string
  readonly file: string
  /** Those whose configs use it. */
  readonly services: readonly string[]
}

function isInFile(key: string, { path, shown: file, validation }: SecretsPlace): boolean {
  return readLocalSecrets(path, file, validation).secrets.some(({ env }) => cloudName(env) === key)
}

/** A mistyped name would leave the real secret unchanged, although it seems to have been replaced. */
function absent({ tenant, secret, file }: Facts): string {
  return `Neither ${shown(file)} nor ${shown(tenant)} has ${secret} yet`
}

function planned(facts: Facts, isNew: boolean): string {
  const { tenant, secret, file } = facts
  const plan = `Would write a new ${secret} to ${shown(file)}, and send it to ${shown(tenant)}.\n`
  return isNew ? `${absent(facts)}. ${plan}` : plan
}

function question(facts: Facts, isNew: boolean): string {
  if (isNew) return `${absent(facts)}. Add it to both?`
  const { tenant, secret, file } = facts
  return `Replace ${secret} in ${shown(file)} and in ${shown(tenant)}? What uses the old one stops working.`
}

function reportHalfDone({ code, message }: CloudError, facts: Facts, isJson: boolean, io: Io): void {
  const { tenant, secret, file } = facts
  const state = `${shown(tenant)} may not have the new ${secret}; ${shown(file)} has it. Run 'systemprompt cloud secrets sync'.`
  if (isJson) printFailure(code, `${message} ${state}`, facts, io)
  else io.err(`${message}\n✖ ${state}\n`)
}

/** Another command has sent another value, and may have written it to the file too. */
function reportConflict(facts: Facts, isJson: boolean, io: Io): void {
  const { tenant, secret, file } = facts
  const state = `${shown(tenant)} may not have the ${secret} that ${shown(file)} has. Run 'systemprompt cloud secrets sync'.`
  if (isJson) printFailure('CONFLICT', `Another command has sent another value at the same time. ${state}`, facts, io)
  else io.err(`✖ ${state}\n`)
}

function printFailure(code: string, message: string, facts: Facts, io: Io): void {
  printJson(io, { ok: false, dry_run: false, ...facts, failed: [{ name: facts.tenant, code, message }] })
}

function done({ tenant, secret, file, services }: Facts, isNew: boolean, io: Io): string {
  const end = isNew ? `${secret} is new: neither had it before` : 'Rotated'
  return `1. ${shown(file)} has the new ${secret}.
2. ${shown(tenant)} has it as well.
3. Restart what uses it: ${restarted(services, tenant)}.
${styled(io, 'green', '✔')} ${end}
`
}

/** Whether it is certain that nothing was stored. Errors in the files are found before anything is sent. */
function isRefusal(error: unknown): boolean {
  if (isCloudError(error)) return !error.isUncertain && error.code !== 'UNAVAILABLE' && error.code !== 'BAD_ANSWER'
  return error instanceof FileError || isConfigError(error)
}

/** The services whose configs use the secret. */
function servicesOf({ loaded }: Project, key: string): readonly string[] {
  if (!loaded) return []
  const directory = resolve(loaded.root, text(loaded.config.paths?.services) ?? 'services')
  return servicesUsing({ root: loaded.root, directory }, key)
}

function restarted(services: readonly string[], tenant: string): string {
  if (services.length === 0) return `the services of ${shown(tenant)}, and your own`
  const named = services.map(shown).join(', ')
  return `${named} (${services.length === 1 ? 'its config names' : 'their configs name'} it), in ${shown(tenant)} and here`
}
