import { type CloudSecrets, CUSTOM_LIST, customList, isManaged, isStale } from './secrets-map.ts'
import type { SyncRecord } from './sync-record.ts'

/** What a sync would do. Names are sorted; only `send` has values. */
export interface SyncPlan {
  readonly added: readonly string[]
  /** Changed since they were sent, or never sent from here: the service returns no values to compare. */
  readonly changed: readonly string[]
  /** Those of `changed` that were never sent from here. The tenant may have better values. */
  readonly neverSent: readonly string[]
  readonly unchanged: readonly string[]
  /** Left alone, unless `prune` is set. */
  readonly onlyInCloud: readonly string[]
  /** System-managed names in the file, which are not sent. */
  readonly dropped: readonly string[]
  readonly send: Readonly<Record<string, string>>
  readonly remove: readonly string[]
  /** The list of custom secrets after the sync; empty if there are none. */
  readonly customList: string
}

/** What a sync does beyond sending new and changed secrets. */
export interface PlanOptions {
  /** Remove what the file does not have. */
  readonly prune: boolean
  /** Also send what is as last sent. */
  readonly all: boolean
}

/** Compares a file's secrets with the names in the cloud and with what was sent before. */
export function planSync(
  local: CloudSecrets,
  keys: readonly string[],
  record: SyncRecord,
  options: PlanOptions,
): SyncPlan {
  const inCloud = new Set(keys)
  const others = keys.filter((name) => !Object.hasOwn(local.values, name) && !isManaged(name)).sort()
  const pruned = options.prune ? others.filter((name) => !isStale(name)) : []
  const kept = others.filter((name) => !options.prune || isStale(name))
  const list = customList([...Object.keys(local.values), ...kept])
  const wanted: Readonly<Record<string, string>> = { ...local.values, ...(list === '' ? {} : { [CUSTOM_LIST]: list }) }

  const names = Object.keys(wanted).sort()
  const added = names.filter((name) => !inCloud.has(name))
  const isUnchanged = (name: string): boolean => inCloud.has(name) && record.isSent(name, wanted[name] ?? '')
  const unchanged = names.filter(isUnchanged)
  const changed = names.filter((name) => inCloud.has(name) && !isUnchanged(name))
  const sent = options.all ? names : [...added, ...changed].sort()
  return {
    added,
    changed,
    neverSent: changed.filter((name) => name !== CUSTOM_LIST && !record.has(name)),
    unchanged,
    onlyInCloud: others,
    dropped: local.dropped,
    send: Object.fromEntries(sent.map((name) => [name, wanted[name] ?? ''])),
    customList: list,
    remove: [...pruned, ...(list === '' && inCloud.has(CUSTOM_LIST) ? [CUSTOM_LIST] : [])],
  }
}
