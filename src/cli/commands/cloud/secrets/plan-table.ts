import { isStale, type SyncPlan } from '../../../../cloud/for-commands.ts'
import type { Io } from '../../../io.ts'
import { count, styled, table } from '../../../output.ts'

/** What a sync would do, by name. Never a value. */
export function planTable(io: Io, plan: SyncPlan): string {
  const removed = new Set(plan.remove)
  const neverSent = new Set(plan.neverSent)
  const rows = [
    ...plan.added.map((name) => [name, 'new']),
    ...plan.changed.map((name) => [name, neverSent.has(name) ? 'never sent from here' : 'changed']),
    ...plan.unchanged.map((name) => [name, 'as last sent']),
    ...plan.onlyInCloud.filter((name) => !removed.has(name)).map((name) => [name, 'only in the cloud']),
    ...plan.remove.map((name) => [name, 'to be removed']),
    ...plan.dropped.map((name) => [name, 'managed, not sent']),
  ]
  if (rows.length === 0) return 'There are no secrets, either here or in the cloud.'
  return table(io, ['secret', 'state'], rows, { cut: [{ column: 0, at: 'right' }] })
}

/** What stays in the cloud although the file does not have it, and how to remove it; empty if there is nothing. */
export function leftAlone(plan: SyncPlan): readonly string[] {
  const removed = new Set(plan.remove)
  const left = plan.onlyInCloud.filter((name) => !removed.has(name))
  const stale = left.filter(isStale).length
  return [
    ...stays(left.length - stale, 'systemprompt cloud secrets sync --prune'),
    ...stays(stale, 'systemprompt cloud secrets cleanup'),
  ]
}

function stays(number: number, command: string): readonly string[] {
  if (number === 0) return []
  return [
    `${count(number, 'secret')} only in the cloud ${number === 1 ? 'stays' : 'stay'} there; '${command}' removes ${number === 1 ? 'it' : 'them'}.`,
  ]
}

/** The same as data. */
export function planData(plan: SyncPlan): Readonly<Record<string, readonly string[]>> {
  const { added, changed, unchanged, onlyInCloud, dropped, remove, send } = plan
  return {
    added,
    changed,
    unchanged,
    only_in_cloud: onlyInCloud,
    not_sent: dropped,
    to_send: Object.keys(send),
    to_remove: remove,
  }
}

/** A progress message, if somebody is watching. */
export function progress(io: Io, what: string): void {
  if (io.isInteractive) io.err(`${styled(io, 'dim', what)}\n`)
}
