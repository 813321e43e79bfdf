/** How a response goes wrong. Times are in milliseconds, `retryAfter` in seconds. */
export type Fault =
  | { readonly type: 'status'; readonly status: number; readonly retryAfter?: number }
  | { readonly type: 'delay'; readonly time: number }
  /** The connection ends without a response; the request is not carried out. */
  | { readonly type: 'drop' }
  /** The request is carried out, and then the connection ends without a response. */
  | { readonly type: 'apply-then-drop' }
  /** The connection is reset in the middle of the response. */
  | { readonly type: 'reset' }
  /** The response ends in the middle. */
  | { readonly type: 'truncate' }
  /** The response arrives byte by byte, with this pause in between. */
  | { readonly type: 'slow'; readonly time: number }
  | { readonly type: 'redirect'; readonly location: string; readonly status?: number }
  | { readonly type: 'html'; readonly status?: number }
  | { readonly type: 'invalid-json' }
  /** A response that decompresses to this many bytes. */
  | { readonly type: 'gzip-bomb'; readonly size?: number }

/** Which requests go wrong, and how. */
export interface FaultRule {
  readonly fault: Fault
  /** @default any */
  readonly method?: string
  /** The prefix of the path. @default any */
  readonly path?: string
  /** How many requests the rule applies to. @default all */
  readonly times?: number
  /** How many matching requests succeed first. @default 0 */
  readonly after?: number
  /** From 0 to 1. @default 1 */
  readonly probability?: number
}

/** The faults to inject; at first there are none. */
export interface Faults {
  /** Replaces all rules. With the same seed, the same requests go wrong. */
  set(rules: readonly FaultRule[], seed?: number): void
  clear(): void
  /** The fault for this request, from the first rule that applies. */
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

/** Whether a value is a list of valid rules that can be carried out. */
export function areRules(value: unknown): value is readonly FaultRule[] {
  return Array.isArray(value) && value.every((rule: unknown) => isRule(rule))
}

type Check = (value: unknown) => boolean

const isText: Check = (value) => typeof value === 'string'
const isStatus: Check = (value) => isBetween(value, 200, 599) && Number.isInteger(value)
const isCount: Check = (value) => isBetween(value, 0, Number.MAX_SAFE_INTEGER)
/** A timer cannot wait longer. */
const isTime: Check = (value) => isBetween(value, 0, 2 ** 31 - 1)
const isHeader: Check = (value) => typeof value === 'string' && /^[\t\x20-\x7e]*$/.test(value)
const orAbsent =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value)

const FIELDS: Readonly<Record<Fault['type'], Readonly<Record<string, Check>>>> = {
  status: { status: isStatus, retryAfter: orAbsent(isCount) },
  delay: { time: isTime },
  drop: {},
  'apply-then-drop': {},
  reset: {},
  truncate: {},
  slow: { time: isTime },
  redirect: { location: isHeader, status: orAbsent(isStatus) },
  html: { status: orAbsent(isStatus) },
  'invalid-json': {},
  'gzip-bomb': { size: orAbsent(isCount) },
}

const RULE_FIELDS: Readonly<Record<string, Check>> = {
  method: orAbsent(isText),
  path: orAbsent(isText),
  times: orAbsent(isCount),
  after: orAbsent(isCount),
  probability: orAbsent((value) => isBetween(value, 0, 1)),
}

function isRule(rule: unknown): boolean {
  if (typeof rule !== 'object' || rule === null) return false
  const fault: unknown = Reflect.get(rule, 'fault')
  if (typeof fault !== 'object' || fault === null) return false
  const type = FAULT_TYPES.find((known) => known === Reflect.get(fault, 'type'))
  return type !== undefined && fits(fault, FIELDS[type]) && fits(rule, RULE_FIELDS)
}

function fits(value: object, fields: Readonly<Record<string, Check>>): boolean {
  return Object.entries(fields).every(([name, check]) => check(Reflect.get(value, name)))
}

function isBetween(value: unknown, min: number, max: number): boolean {
  return typeof value === 'number' && value >= min && value <= max
}

function matches({ method, path }: FaultRule, requestMethod: string, requestPath: string): boolean {
  return (
    (method === undefined || method.toUpperCase() === requestMethod) &&
    (path === undefined || requestPath.startsWith(path))
  )
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
