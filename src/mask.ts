import { configError } from './errors.ts'
import { MASK } from './secret.ts'
import { setOwn } from './tree.ts'

const INSPECT = Symbol.for('nodejs.util.inspect.custom')
/** What `JSON.stringify` asks for; a key of a file that is called so can be read by `reveal` alone. */
const HOOK = 'toJSON'
/** Asks a masked object for what is behind it. Nobody else has this symbol. */
const REAL = Symbol('real')

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
export function protect(value: unknown, rules: MaskRules, path: readonly (string | number)[] = []): unknown {
  return protectAt(value, { ...rules, around: new Set() }, [...path])
}

/** A walk, with the objects it is inside of: a schema can make one that holds itself. */
interface Walk extends MaskRules {
  readonly around: Set<object>
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
  if (typeof value !== 'object' || value === null) return value
  const real: unknown = Reflect.get(value, REAL) ?? value
  if (Array.isArray(real)) return real.map(plainCopy)
  if (!isPlain(real)) return real
  const copy: Record<string, unknown> = {}
  for (const [key, item] of Object.entries(real)) setOwn(copy, key, plainCopy(item))
  return copy
}

/** `path` is one array that grows and shrinks on the way; a path of its own for each value would cost more than the rest. */
function protectAt(value: unknown, rules: Walk, path: (string | number)[]): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (!Array.isArray(value) && !isPlain(value)) return value
  if (rules.around.has(value)) throw holdsItself(path)
  rules.around.add(value)
  const copy = Array.isArray(value) ? protectItems(value, rules, path) : protectObject(value, rules, path)
  rules.around.delete(value)
  return copy
}

function holdsItself(path: readonly (string | number)[]): Error {
  return configError({
    code: 'SCHEMA',
    key: path,
    message: 'is made by the schema to hold what it is in, and cannot be frozen',
    remedy: 'make a tree of it in the schema',
  })
}

function protectObject(value: object, rules: Walk, path: (string | number)[]): object {
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

function protectItems(value: readonly unknown[], rules: Walk, path: (string | number)[]): object {
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
  for (const key of Object.keys(real)) {
    // `toJSON` is an accessor like a secret: a data property would have to be read as it is.
    const item: unknown = Reflect.get(real, key)
    const shown = secret.includes(key) ? { get: () => MASK } : key === HOOK ? { get: () => item } : { value: item }
    define(shell, key, { ...shown, enumerable: true })
  }
  const masked = (): unknown => masks(real, secret)
  define(shell, INSPECT, { value: masked })
  return new Proxy(Object.freeze(shell), {
    get(target, key) {
      if (key === REAL) return real
      if (key === HOOK) return masked
      return Reflect.get(Object.hasOwn(real, key) ? real : target, key)
    },
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
