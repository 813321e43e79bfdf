import { planSync, readSyncRecord, type SyncPlan, toCloudSecrets } from '../../../../cloud/index.ts'
import { defineCommand } from '../../../command.ts'
import { CliError, EXIT, type Io } from '../../../io.ts'
import { printJson, printWarnings, shown, styled } from '../../../output.ts'
import {
  localSecretsOf,
  openTarget,
  removalExit,
  removeAll,
  type SecretsTarget,
  storeAll,
} from '../../../secrets-target.ts'
import { type Args, mustAgree } from '../../../session.ts'
import { CLOUD_EXITS, PLAN } from '../../../shapes.ts'
import { SECRETS_ARGS } from './args.ts'
import { count, planData, planTable, progress } from './plan-table.ts'

export const sync = defineCommand({
  examples: [
    ['systemprompt cloud secrets sync --dry-run', 'What would be sent'],
    ['systemprompt cloud secrets sync', 'Send what has changed'],
    ['systemprompt cloud secrets sync --profile production --prune', 'And remove what the file does not have'],
  ],
  output: 'A table of names and their states, then what was done. Never a value.',
  json: {
    ok: 'boolean',
    tenant: 'string',
    dry_run: 'boolean',
    ...PLAN,
    sent: 'string[]',
    removed: 'string[]',
    failed: 'string[]',
  },
  exits: [...CLOUD_EXITS, 'partial'],
  args: {
    ...SECRETS_ARGS,
    prune: { type: 'boolean', description: 'Remove from the cloud what secrets.json does not have' },
    all: { type: 'boolean', description: 'Send what seems unchanged as well' },
  },
  async run({ args, data }) {
    const io = data as Io
    const target = openTarget(args, io)
    const local = localSecretsOf(target)
    if (!args.json && !args.quiet) printWarnings(io, local.warnings)
    const { keys, etag } = await target.client.listSecretKeys(target.tenant)
    const options = { prune: args.prune === true, all: args.all === true }
    const plan = planSync(toCloudSecrets(local.secrets), keys, readSyncRecord(target.files, target.target), options)
    const names = Object.keys(plan.send)
    const isDone = names.length === 0 && plan.remove.length === 0
    if (!args.json && !args.quiet)
      io.out(`${shown(local.shown)} → ${shown(target.tenant)}\n\n${planTable(io, plan)}\n\n`)
    if (args['dry-run'] || isDone) {
      await target.client.close()
      report(args, io, target, plan, { sent: [], removed: [], failed: [] })
      return EXIT.ok
    }
    if (plan.remove.length > 0 && args.prune)
      await mustAgree(args, io, `Remove ${count(plan.remove.length)} from ${shown(target.tenant)}?`)
    if (names.length > 0) {
      progress(io, `Sending ${count(names.length)} …`)
      await storeAll(target, plan.send, etag, io)
    }
    const removal = await removeAll(target, plan.remove)
    if (removal.failed.length === 0) await readBack(target, names)
    await target.client.close()
    report(args, io, target, plan, {
      sent: names,
      removed: removal.removed,
      failed: removal.failed.map(({ name }) => name),
    })
    return names.length > 0 && removal.failed.length > 0 ? EXIT.partial : removalExit(removal)
  },
})

/** What was sent must be there. */
async function readBack({ client, tenant }: SecretsTarget, names: readonly string[]): Promise<void> {
  const { keys } = await client.listSecretKeys(tenant)
  const missing = names.filter((name) => !keys.includes(name))
  if (missing.length === 0) return
  throw new CliError(
    'INCOMPLETE',
    EXIT.partial,
    `The service took the secrets, and then did not list ${missing.join(', ')}. Run it again.`,
  )
}

interface Done {
  readonly sent: readonly string[]
  readonly removed: readonly string[]
  readonly failed: readonly string[]
}

function report(args: Args, io: Io, { tenant }: SecretsTarget, plan: SyncPlan, done: Done): void {
  const { sent, removed, failed } = done
  if (args.json) {
    const isDry = args['dry-run'] === true
    printJson(io, { ok: failed.length === 0, tenant, dry_run: isDry, ...planData(plan), sent, removed, failed })
    return
  }
  if (failed.length > 0) io.err(`Not removed: ${failed.map(shown).join(', ')}\n`)
  if (!args.quiet) io.out(`${args['dry-run'] ? intention(plan) : result(io, done)}\n`)
}

function intention({ send, remove }: SyncPlan): string {
  return `Would send ${count(Object.keys(send).length)} and remove ${remove.length}. Nothing was done.`
}

function result(io: Io, { sent, removed, failed }: Done): string {
  const mark = styled(io, 'green', '✔')
  if (sent.length + removed.length + failed.length === 0) return `${mark} Everything is up to date; nothing was sent.`
  const also = removed.length > 0 ? `, removed ${removed.length}` : ''
  return `${mark} Sent ${count(sent.length)}${also}. Restart what uses them.`
}
