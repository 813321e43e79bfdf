import {
  CUSTOM_LIST,
  isCloudError,
  type LocalSecrets,
  planSync,
  readSyncRecord,
  type SyncPlan,
  toCloudSecrets,
} from '../../../../cloud/for-commands.ts'
import { type Args, TENANT_CHANGE_ARGS } from '../../../args.ts'
import { defineCommand } from '../../../command.ts'
import { mustAgree } from '../../../confirm.ts'
import { CliError, EXIT, type Io } from '../../../io.ts'
import { count, printJson, shown, styled } from '../../../output.ts'
import { localSecretsOf } from '../../../project.ts'
import { openTargetToSend, type SecretsTarget } from '../../../secrets-target.ts'
import { CLOUD_EXITS, FAILED, PLAN } from '../../../shapes.ts'
import { fixCustomList, storeSecrets } from '../../../store-secrets.ts'
import { printWarnings } from '../../../warnings.ts'
import { leftAlone, planData, planTable, progress } from './plan-table.ts'
import { failures, printFailed, type Removal, removalExit, removeAll } from './removal.ts'

export const sync = defineCommand({
  examples: [
    ['systemprompt cloud secrets sync --dry-run', 'Show what would be sent'],
    ['systemprompt cloud secrets sync', 'Send what has changed'],
    ['systemprompt cloud secrets sync --profile production --prune', 'Also remove what the file does not have'],
  ],
  output: 'A table of names and states, then what was done. Values are never printed.',
  json: {
    ok: 'boolean',
    tenant: 'string',
    dry_run: 'boolean',
    ...PLAN,
    sent: 'string[]',
    removed: 'string[]',
    failed: FAILED,
  },
  exits: [...CLOUD_EXITS, 'partial'],
  args: {
    ...TENANT_CHANGE_ARGS,
    prune: { type: 'boolean', description: 'Remove secrets from the cloud that are not in secrets.json' },
    all: { type: 'boolean', description: 'Also send secrets that are as last sent' },
  },
  async run({ args, io }) {
    const target = await openTargetToSend(args, io)
    const local = localSecretsOf(target)
    if (!args.json && !args.quiet) printWarnings(io, local.warnings)
    const first = await target.client.listSecretKeys(target.tenant)
    const planFor = planner(target, local, args)
    const plan = planFor(first.keys)
    const isDone = isEmpty(plan.send) && plan.remove.length === 0
    if (!args.json && !args.quiet)
      io.out(`${shown(local.shown)} → ${shown(target.tenant)}\n\n${planTable(io, plan)}\n\n`)
    if (args['dry-run'] || isDone) {
      await target.client.close()
      report(args, io, target, plan, { sent: [], removed: [], failed: [] })
      return EXIT.ok
    }
    const asks = io.isInteractive && args.yes !== true
    if (plan.neverSent.length > 0 && asks) await mustAgree(args, io, replaceQuestion(target, plan))
    if (plan.remove.length > 0 && args.prune)
      await mustAgree(args, io, `Remove ${count(plan.remove.length, 'secret')} from ${shown(target.tenant)}?`)
    if (!isEmpty(plan.send)) progress(io, `Sending ${count(Object.keys(plan.send).length, 'secret')} …`)
    const sent = isEmpty(plan.send)
      ? {}
      : (await storeSecrets(target, first, io, replanned(plan, planFor, { asks }))).sent
    const names = plan.remove.filter((name) => name !== CUSTOM_LIST)
    const removal = countMissingAsRemoved(await removeAll(target, names))
    const code = !isEmpty(sent) && removal.failed.length > 0 ? EXIT.partial : removalExit(removal)
    if (code === EXIT.ok) await verifySent(target, Object.keys(sent), plan, io)
    await target.client.close()
    report(args, io, target, plan, {
      sent: Object.keys(sent),
      removed: code === EXIT.ok ? plan.remove : removal.removed,
      failed: removal.failed,
    })
    return code
  },
})

/**
 * In a new clone, or after `tenant use`, the tenant may have better values than the file. A script has decided already.
 */
function replaceQuestion({ tenant }: SecretsTarget, { neverSent }: SyncPlan): string {
  const which = `${count(neverSent.length, 'secret')} in ${shown(tenant)} that ${neverSent.length === 1 ? 'was' : 'were'}`
  return `Replace ${which} never sent from here?`
}

/** Secrets that somebody else has removed in the meantime count as removed. */
function countMissingAsRemoved({ removed, failed }: Removal): Removal {
  const isNotFound = ({ error }: Removal['failed'][number]): boolean =>
    isCloudError(error, 'NOT_FOUND') && error.serverCode !== 'tenant_not_found'
  const notFound = failed.filter(isNotFound).map(({ name }) => name)
  return { removed: [...removed, ...notFound], failed: failed.filter((failure) => !isNotFound(failure)) }
}

type Planner = (keys: readonly string[]) => SyncPlan

function planner(target: SecretsTarget, local: LocalSecrets, args: Args): Planner {
  const secrets = toCloudSecrets(local.secrets)
  const record = readSyncRecord(target)
  const options = { prune: args.prune === true, all: args.all === true }
  return (keys) => planSync(secrets, keys, record, options)
}

/**
 * Plans again what to send, for the current names in the cloud; nothing is removed that was not shown before, nor
 * replaced if `asks`.
 */
function replanned(
  shownPlan: SyncPlan,
  planFor: Planner,
  { asks }: { readonly asks: boolean },
): (keys: readonly string[], mayBeDone: boolean) => SyncPlan['send'] {
  const removable = new Set([...shownPlan.remove, CUSTOM_LIST])
  const replaceable = new Set(shownPlan.neverSent)
  return (keys, mayBeDone) => {
    const { send, remove, neverSent } = planFor(keys)
    const wouldRemove = remove.some((name) => !removable.has(name))
    // After a lost response, they may be those of this command.
    const wouldReplace = asks && !mayBeDone && neverSent.some((name) => !replaceable.has(name))
    if (!wouldRemove && !wouldReplace) return send
    const what = wouldRemove ? 'which --prune would remove' : 'which would be replaced'
    throw new CliError(
      'CONFLICT',
      EXIT.conflict,
      `Someone else has added secrets in the meantime, ${what}; nothing was done. Run it again to see them.`,
    )
  }
}

/**
 * Checks that everything sent is there, and corrects the list of custom secrets, whatever others did in the meantime.
 */
async function verifySent(
  target: SecretsTarget,
  names: readonly string[],
  { customList }: SyncPlan,
  io: Io,
): Promise<void> {
  const seen = await target.client.listSecretKeys(target.tenant)
  const missing = names.filter((name) => name !== CUSTOM_LIST && !seen.keys.includes(name))
  if (missing.length > 0) {
    throw new CliError(
      'INCOMPLETE',
      EXIT.partial,
      `The service accepted the secrets, but then did not list ${missing.join(', ')}. Run it again.`,
    )
  }
  await fixCustomList(target, seen, io, customList === '' ? undefined : customList)
}

function isEmpty(secrets: object): boolean {
  return Object.keys(secrets).length === 0
}

interface Done {
  readonly sent: readonly string[]
  readonly removed: readonly string[]
  readonly failed: Removal['failed']
}

function report(args: Args, io: Io, { tenant }: SecretsTarget, plan: SyncPlan, done: Done): void {
  const { sent, removed, failed } = done
  if (args.json) {
    const isDry = args['dry-run'] === true
    const all = { ...planData(plan), sent, removed, failed: failures(failed) }
    printJson(io, { ok: failed.length === 0, tenant, dry_run: isDry, ...all })
    return
  }
  printFailed(io, failed)
  if (args.quiet) return
  io.out(`${[args['dry-run'] ? intention(plan) : result(io, done), ...leftAlone(plan)].join('\n')}\n`)
}

function intention({ send, remove }: SyncPlan): string {
  return `Would send ${count(Object.keys(send).length, 'secret')} and remove ${remove.length}. Nothing was done.`
}

function result(io: Io, { sent, removed }: Done): string {
  const mark = styled(io, 'green', '✔')
  if (sent.length + removed.length === 0)
    return `${mark} Everything is as last sent from here; nothing was sent. --all sends it again.`
  const done = [
    ...(sent.length > 0 ? [`Sent ${count(sent.length, 'secret')}`] : []),
    ...(removed.length > 0 ? [`removed ${sent.length > 0 ? removed.length : count(removed.length, 'secret')}`] : []),
  ].join(', ')
  return `${mark} ${done.replace(/^r/, 'R')}. Restart what uses them.`
}
