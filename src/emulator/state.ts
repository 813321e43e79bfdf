/** The secrets by tenant and name. Values are encrypted. */
export type Sealed = Readonly<Record<string, Readonly<Record<string, string>>>>

/** An event that changes the state, or that the audit log records. */
export type JournalEvent =
  | {
      readonly type: 'set'
      readonly tenant: string
      /** By name; encrypted, never plain text. */
      readonly values: Readonly<Record<string, string>>
    }
  | { readonly type: 'unset'; readonly tenant: string; readonly key: string }
  | { readonly type: 'list'; readonly tenant: string }
  | { readonly type: 'denied'; readonly tenant: string; readonly keys: readonly string[] }
  | { readonly type: 'revoked'; readonly token: string }
  | { readonly type: 'activity'; readonly event: string }
  | { readonly type: 'clock'; readonly offset: number }
  /** The state after all entries up to this one, which it replaces; `last` is the hash of the last of them. */
  | {
      readonly type: 'snapshot'
      readonly secrets: Sealed
      readonly revoked: readonly string[]
      readonly offset: number
      readonly last: string
    }
  /** The earlier entries were replaced by a snapshot with this hash. */
  | { readonly type: 'compacted'; readonly snapshot: string }

/** The state that results from the events. */
export interface State {
  readonly secrets: Map<string, Map<string, string>>
  /** Ids of revoked tokens. */
  readonly revoked: Set<string>
  /** Milliseconds that the clock is ahead. */
  offset: number
}

export function createState(): State {
  return { secrets: new Map(), revoked: new Set(), offset: 0 }
}

export function secretsOf({ secrets }: State, tenant: string): Map<string, string> {
  const known = secrets.get(tenant) ?? new Map<string, string>()
  secrets.set(tenant, known)
  return known
}

export function applyTo(state: State, event: JournalEvent): void {
  switch (event.type) {
    case 'set':
      for (const [key, value] of Object.entries(event.values)) secretsOf(state, event.tenant).set(key, value)
      return
    case 'unset':
      secretsOf(state, event.tenant).delete(event.key)
      return
    case 'revoked':
      state.revoked.add(event.token)
      return
    case 'clock':
      state.offset = event.offset
      return
    case 'snapshot':
      for (const [tenant, values] of Object.entries(event.secrets))
        state.secrets.set(tenant, new Map(Object.entries(values)))
      for (const token of event.revoked) state.revoked.add(token)
      state.offset = event.offset
  }
}

export function snapshotOf({ secrets, revoked, offset }: State, last: string): JournalEvent {
  const entries = [...secrets].map(([tenant, values]) => [tenant, Object.fromEntries(values)] as const)
  return { type: 'snapshot', secrets: Object.fromEntries(entries), revoked: [...revoked], offset, last }
}
