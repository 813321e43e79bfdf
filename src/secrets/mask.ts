import { configError } from '../errors/errors.ts'
import { isContainer, isPlain, setOwn } from '../tree.ts'
import type { Path } from '../types.ts'
import { MASK } from './secret.ts'
import type { SecretRule } from './secret-rule.ts'

const INSPECT = Symbol.for('nodejs.util.inspect.custom')
/** `JSON.stringify` calls this; if a file has a key of this name, only `reveal` can read it. */
const HOOK = 'toJSON'
/** Asks a masked object for the real one. The symbol is not exported. */
const REAL = Symbol('real')

/**
 * Returns a deeply frozen copy of plain data in which every secret can be read and passed on, but not printed:
 * `console.log`, `util.inspect` with any options, `JSON.stringify` and a list in a template literal show a mask
 * instead.
 *
 * An object that holds a secret is a proxy. Inspection sees its target, whose secret properties are accessors that
 * return the mask; programs read the copy behind it. Objects that are not plain (dates, class instances made by a
 * schema) are kept as they are, and the object around one that would show a secret masks it. An instance that is the
 * whole value has no object around it, so it gets methods of its own that print the mask.
 */
export function protect(value: unknown, isSecret: SecretRule, path: Path = []): unknown {
  const walk: Walk = { isSecret, around: new Set<object>() }
  const isInstance = typeof value === 'object' && value !== null && !isContainer(value)
  if (path.length === 0 && isInstance) return protectInstance(value, walk)
  return protectAt(value, walk, [...path], isSecret(value, path))
}

/** Freezes a record, and masks these keys when it is printed. */
export function freezeMasked<T extends object>(record: T, keys: readonly (keyof T & string)[]): Readonly<T> {
  return seal(record, {}, new Set(keys), false) as Readonly<T>
}

/** A walk with the objects on its path: a schema can return one that contains itself. */
interface Walk {
  readonly isSecret: SecretRule
  readonly around: Set<object>
}

/**
 * Returns a plain, unfrozen copy of a configuration, secrets included, for code that cannot take a masked one:
 * `structuredClone`, a worker's `workerData`, a library that changes its options.
 *
 * @example
 * new Worker(file, { workerData: reveal(config) })
 */
export function reveal<T>(value: T): T {
  return plainCopy(value) as T
}

/** Whether an object is masked as a whole, its keys included. */
export function isMaskedWhole(value: object): boolean {
  return Reflect.get(value, REAL) !== undefined && (Reflect.get(value, HOOK) as () => unknown)() === MASK
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

/** `path` is one array that grows and shrinks along the way; a new one for each value would cost more than the rest. */
function protectAt(value: unknown, rules: Walk, path: (string | number)[], isSecret: boolean): unknown {
  if (!isContainer(value)) return value
  if (rules.around.has(value)) throw holdsItself(path)
  rules.around.add(value)
  const copy = Array.isArray(value)
    ? protectItems(value, rules, path, isSecret)
    : protectObject(value, rules, path, isSecret)
  rules.around.delete(value)
  return copy
}

function holdsItself(path: Path): Error {
  return configError({
    code: 'SCHEMA',
    key: path,
    message: 'is made circular by the schema, and cannot be frozen',
    remedy: 'return a value without cycles from the schema',
  })
}

/**
 * Returns the same instance, since its methods and private fields depend on it. Plain data in it is protected; if it
 * would show a secret itself, it gets hooks that mask its properties, or what its `toJSON` returns.
 */
function protectInstance(value: object, rules: Walk): object {
  const properties = Object.entries(value)
  const isShown = rules.isSecret(value, []) || properties.some(([key, item]) => rules.isSecret(item, [key]))
  if (!isChangeable(value)) {
    if (isShown) throw cannotBeMasked()
    return value
  }
  for (const [key, item] of properties)
    Reflect.set(value, key, protectAt(item, rules, [key], rules.isSecret(item, [key])))
  // A map or a URL has no properties that could be copied.
  if (properties.length > 0) hide(value, REAL, { get: () => ({ ...value }) })
  if (!isShown) return value
  const masked = (view: unknown): unknown => (rules.isSecret(view, []) ? MASK : protect(view, rules.isSecret))
  const toJSON: unknown = Reflect.get(value, HOOK)
  hide(value, HOOK, {
    value: () => inJSON(masked(typeof toJSON === 'function' ? Reflect.apply(toJSON, value, []) : { ...value })),
  })
  hide(value, INSPECT, {
    value: (_depth: number, options: object, inspect: (value: unknown, options: object) => string) =>
      `${value.constructor?.name ?? 'Object'} ${inspect(masked({ ...value }), options)}`,
  })
  return value
}

/** `JSON.stringify` uses the result of `toJSON` directly and does not call `toJSON` on it in turn. */
function inJSON(view: unknown): unknown {
  const isMasked = typeof view === 'object' && view !== null && Reflect.get(view, REAL) !== undefined
  return isMasked ? Reflect.apply(Reflect.get(view, HOOK) as () => unknown, view, []) : view
}

/** Whether its properties can be set, and others added. */
function isChangeable(value: object): boolean {
  const properties = Object.values(Object.getOwnPropertyDescriptors(value))
  return Object.isExtensible(value) && properties.every(({ enumerable, writable }) => !enumerable || writable === true)
}

/**
 * Not enumerable, so that the instance compares, spreads and lists as before; configurable, in case a schema returns it
 * again.
 */
function hide(value: object, key: string | symbol, descriptor: PropertyDescriptor): void {
  define(value, key, { ...descriptor, enumerable: false, configurable: true })
}

function cannotBeMasked(): Error {
  return configError({
    code: 'SCHEMA',
    message:
      'The schema makes an instance of a class that shows a secret, and it cannot be masked because it is frozen',
    remedy: 'return a plain object from the schema, which is frozen anyway, or do not freeze the instance',
  })
}

function protectObject(value: object, rules: Walk, path: (string | number)[], isWhole: boolean): object {
  const real: Record<string, unknown> = {}
  const secret = new Set<string>()
  for (const [key, item] of Object.entries(value)) {
    path.push(key)
    const isSecret = rules.isSecret(item, path)
    setOwn(real, key, protectAt(item, rules, path, isSecret))
    if (isSecret) secret.add(key)
    path.pop()
  }
  return seal(real, {}, secret, isWhole)
}

function protectItems(value: readonly unknown[], rules: Walk, path: (string | number)[], isWhole: boolean): object {
  const secret = new Set<string>()
  const real = value.map((item, index) => {
    path.push(index)
    const isSecret = rules.isSecret(item, path)
    if (isSecret) secret.add(String(index))
    const copy = protectAt(item, rules, path, isSecret)
    path.pop()
    return copy
  })
  return seal(real, [], secret, isWhole)
}

/** @param isWhole whether to hide everything, keys included */
function seal(real: object, shell: object, secret: ReadonlySet<string>, isWhole: boolean): object {
  Object.freeze(real)
  if (secret.size === 0 && !isWhole) return real
  for (const key of Object.keys(real)) {
    // `toJSON` is an accessor, as secrets are: the proxy would have to return a data property unchanged.
    const item: unknown = Reflect.get(real, key)
    const shown =
      isWhole || secret.has(key) ? { get: () => MASK } : key === HOOK ? { get: () => item } : { value: item }
    define(shell, key, { ...shown, enumerable: true })
  }
  const masked = (): unknown => (isWhole ? MASK : masks(real, secret))
  define(shell, INSPECT, { value: masked })
  // A template literal prints a list; `join` reads it.
  if (Array.isArray(real))
    for (const way of ['toString', 'toLocaleString']) define(shell, way, { value: () => String(masked()) })
  return new Proxy(Object.freeze(shell), {
    get(target, key) {
      if (key === REAL) return real
      if (key === HOOK) return masked
      return Reflect.get(Object.hasOwn(real, key) ? real : target, key)
    },
  })
}

/** What is printed instead of the object; nested objects mask themselves. */
function masks(real: object, secret: ReadonlySet<string>): unknown {
  if (Array.isArray(real)) return real.map((item: unknown, index) => (secret.has(String(index)) ? MASK : item))
  return Object.fromEntries(Object.entries(real).map(([key, item]) => [key, secret.has(key) ? MASK : item]))
}

function define(target: object, key: string | symbol, descriptor: PropertyDescriptor): void {
  Object.defineProperty(target, key, descriptor)
}
