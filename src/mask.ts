import { MASK } from './secret.ts'
import { setOwn } from './tree.ts'

const INSPECT = Symbol.for('nodejs.util.inspect.custom')
const HOOK = 'toJSON'

export interface MaskRules {
  /** Whether the value at this place is secret. `holder` is the object or array that holds it. */
  readonly isSecret: (value: unknown, path: readonly (string | number)[]) => boolean
}

/**
 * A deep-frozen copy of plain data in which every secret can be read and handed on, and none can be printed:
 * `console.log`, `util.inspect` with any option and `JSON.stringify` show a mask in its place.
 *
 * An object that holds a secret is a proxy. What inspection sees is its target, whose secret properties are
 * accessors that answer with the mask; what a program reads comes from the copy behind it. Objects that are
 * not plain (dates, class instances made by a schema) are kept as they are.
 */
export function protect(value: unknown, rules: MaskRules): unknown {
  return protectAt(value, rules, [])
}

/**
 * The plain, unfrozen copy of a configuration, secrets included, for what cannot take a masked one:
 * `structuredClone`, a worker's `workerData`, a library that writes to its options.
 *
 * @example
 * new Worker(file, { workerData: reveal(config) })
 */
export function reveal<T>(value: T): T {
  return plainCopy(value) as T
}

function plainCopy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainCopy)
  if (!isPlain(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plainCopy(item)]))
}

/** `path` is one array that grows and shrinks on the way; a path of its own for each value would cost more than the rest. */
function protectAt(value: unknown, rules: MaskRules, path: (string | number)[]): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return protectItems(value, rules, path)
  return isPlain(value) ? protectObject(value, rules, path) : value
}

function protectObject(value: object, rules: MaskRules, path: (string | number)[]): object {
  const real: Record<string, unknown> = {}
  const secret: string[] = []
  for (const [key, item] of Object.entries(value)) {
    path.push(key)
    setOwn(real, key, protectAt(item, rules, path))
    if (rules.isSecret(item, path)) secret.push(key)
    path.pop()
  }
  return seal(real, {}, secret)
}

function protectItems(value: readonly unknown[], rules: MaskRules, path: (string | number)[]): object {
  const secret: string[] = []
  const real = value.map((item, index) => {
    path.push(index)
    if (rules.isSecret(item, path)) secret.push(String(index))
    const copy = protectAt(item, rules, path)
    path.pop()
    return copy
  })
  return seal(real, [], secret)
}

function seal(real: object, shell: object, secret: readonly string[]): object {
  Object.freeze(real)
  if (secret.length === 0) return real
  for (const key of Object.keys(real).filter((name) => name !== HOOK)) {
    const shown = secret.includes(key) ? { get: () => MASK } : { value: Reflect.get(real, key) }
    define(shell, key, { ...shown, enumerable: true })
  }
  const masked = (): unknown => masks(real, secret)
  define(shell, INSPECT, { value: masked })
  define(shell, HOOK, { value: masked })
  return new Proxy(Object.freeze(shell), {
    // A key called toJSON in a file must not take the hook's place.
    get: (target, key) => Reflect.get(key !== HOOK && Object.hasOwn(real, key) ? real : target, key),
  })
}

/** What stands for the object when it is printed: nested objects print themselves. */
function masks(real: object, secret: readonly string[]): unknown {
  if (Array.isArray(real)) return real.map((item: unknown, index) => (secret.includes(String(index)) ? MASK : item))
  return Object.fromEntries(Object.entries(real).map(([key, item]) => [key, secret.includes(key) ? MASK : item]))
}

function define(target: object, key: string | symbol, descriptor: PropertyDescriptor): void {
  Object.defineProperty(target, key, descriptor)
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
