import { type CloudSecrets, CUSTOM_LIST, customList, isManaged, isStale } from './secrets-map.ts'
import type { SyncRecord } from './sync-record.ts'

/** What a sync would do. Names, sorted; values only in `send`. */
export interface SyncPlan {
  readonly added: readonly string[]
  /** Changed since they were sent, or never sent from here: the service tells no values. */
  readonly changed: readonly string[]
  readonly unchanged: readonly string[]
  /** Left alone, unless they are pruned. */
  readonly onlyInCloud: readonly string[]
  /** System-managed names of the file, which are not sent. */
  readonly dropped: readonly string[]
  readonly send: Readonly<Record<string, string>>
  readonly remove: readonly string[]
  /** What the list of custom secrets holds when all of it is done; empty where there is none. */
  readonly customList: string
}

/** What a sync does beyond sending what is new or has changed. */
export interface PlanOptions {
  /** Remove what the file does not have. */
  readonly prune: boolean
  /** Send what seems unchanged as well. */
  readonly all: boolean
}

/** Compares a file's secrets with the names in the cloud and with what was sent before. */
export function planSync(
  local: CloudSecrets,
  keys: readonly string[],
  record: SyncRecord,
  options: PlanOptions,
): SyncPlan {
  const there = new Set(keys)
  const others = keys.filter((name) => !Object.hasOwn(local.values, name) && !isManaged(name)).sort()
  const pruned = options.prune ? others.filter((name) => !isStale(name)) : []
  const kept = others.filter((name) => !options.prune || isStale(name))
  const list = customList([...Object.keys(local.values), ...kept])
  const wanted: Readonly<Record<string, string>> = { ...local.values, ...(list === '' ? {} : { [CUSTOM_LIST]: list }) }

  const names = Object.keys(wanted).sort()
  const added = names.filter((name) => !there.has(name))
  const isUnchanged = (name: string): boolean => there.has(name) && record.isSent(name, wanted[name] ?? '')
  const unchanged = names.filter(isUnchanged)
  const changed = names.filter((name) => there.has(name) && !isUnchanged(name))
  const sent = options.all ? names : [...added, ...changed].sort()
  return {
    added,
    changed,
    unchanged,
    onlyInCloud: others,
    dropped: local.dropped,
    send: Object.fromEntries(sent.map((name) => [name, wanted[name] ?? ''])),
    customList: list,
    remove: [...pruned, ...(list === '' && there.has(CUSTOM_LIST) ? [CUSTOM_LIST] : [])],
  }
}
