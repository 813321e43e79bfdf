/** How an answer goes wrong. Times are milliseconds. */
export type Fault =
  | { readonly type: 'status'; readonly status: number; readonly retryAfter?: number }
  | { readonly type: 'delay'; readonly time: number }
  /** The connection ends before anything is said; the request is not carried out. */
  | { readonly type: 'drop' }
  /** The request is carried out, and then the connection ends before anything is said. */
  | { readonly type: 'apply-then-drop' }
  /** The connection is reset in the middle of the answer. */
  | { readonly type: 'reset' }
  /** The answer ends in its middle. */
  | { readonly type: 'truncate' }
  /** The answer comes byte by byte, with this pause between. */
  | { readonly type: 'slow'; readonly time: number }
  | { readonly type: 'redirect'; readonly location: string; readonly status?: number }
  | { readonly type: 'html'; readonly status?: number }
  | { readonly type: 'invalid-json' }
  /** An answer that unpacks to this many bytes. */
  | { readonly type: 'gzip-bomb'; readonly size?: number }

export interface FaultRule {
  readonly fault: Fault
  /** @default any */
  readonly method?: string
  /** What the path begins with. @default any */
  readonly path?: string
  /** How many requests it is for. @default all */
  readonly times?: number
  /** How many of the requests that match are let through first. @default 0 */
  readonly after?: number
  /** From 0 to 1. @default 1 */
  readonly probability?: number
}

export interface Faults {
  /** Replaces all rules. With the same seed the same requests go wrong. */
  set(rules: readonly FaultRule[], seed?: number): void
  clear(): void
  /** The fault of this request, by the first rule that takes it. */
  next(method: string, path: string): Fault | undefined
}

export const FAULT_TYPES = [
  'status',
  'delay',
  'drop',
  'apply-then-drop',
  'reset',
  'truncate',
  'slow',
  'redirect',
  'html',
  'invalid-json',
  'gzip-bomb',
] as const satisfies readonly Fault['type'][]

export function createFaults(): Faults {
  let rules: readonly FaultRule[] = []
  let seen: number[] = []
  let random = mulberry(0)
  return {
    set(given, seed = 1) {
      rules = given
      seen = given.map(() => 0)
      random = mulberry(seed)
    },
    clear() {
      this.set([])
    },
    next(method, path) {
      for (const [index, rule] of rules.entries()) {
        if (!matches(rule, method, path)) continue
        if (random() >= (rule.probability ?? 1)) continue
        const number = (seen[index] ?? 0) + 1
        seen[index] = number
        const { after = 0, times = Number.POSITIVE_INFINITY } = rule
        if (number > after && number <= after + times) return rule.fault
      }
      return undefined
    },
  }
}

/** Whether somebody wrote rules that are some. */
export function areRules(value: unknown): value is readonly FaultRule[] {
  return Array.isArray(value) && value.every((rule: unknown) => isRule(rule))
}

function isRule(rule: unknown): boolean {
  if (typeof rule !== 'object' || rule === null) return false
  const fault: unknown = Reflect.get(rule, 'fault')
  if (typeof fault !== 'object' || fault === null) return false
  const type: unknown = Reflect.get(fault, 'type')
  const needs = { status: 'status', delay: 'time', slow: 'time' }[String(type)]
  if (needs !== undefined && typeof Reflect.get(fault, needs) !== 'number') return false
  if (type === 'redirect' && typeof Reflect.get(fault, 'location') !== 'string') return false
  return FAULT_TYPES.some((known) => known === type)
}

function matches({ method, path }: FaultRule, asked: string, at: string): boolean {
  return (method === undefined || method.toUpperCase() === asked) && (path === undefined || at.startsWith(path))
}

function mulberry(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
