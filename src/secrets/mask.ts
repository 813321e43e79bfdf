import { configError } from '../errors/errors.ts'
import { isPlain, setOwn } from '../tree.ts'
import { MASK } from './secret.ts'

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
 * `console.log`, `util.inspect` with any option, `JSON.stringify` and a list in a template literal show a mask in its
 * place.
 *
 * An object that holds a secret is a proxy. What inspection sees is its target, whose secret properties are
 * accessors that answer with the mask; what a program reads comes from the copy behind it. Objects that are
 * not plain (dates, class instances made by a schema) are kept as they are, and what holds one that shows a secret
 * shows a mask for it. An instance that is the whole value has nothing around it to do so: it is given methods of its
 * own that print the mask.
 */
export function protect(value: unknown, rules: MaskRules, path: readonly (string | number)[] = []): unknown {
  const walk = { ...rules, around: new Set<object>() }
  if (path.length === 0 && isInstance(value)) return protectInstance(value, walk)
  return protectAt(value, walk, [...path], rules.isSecret(value, path))
}

/** Freezes a record, and shows a mask for these of its keys when it is printed. */
export function freezeMasked<T extends object>(record: T, keys: readonly (keyof T & string)[]): Readonly<T> {
  return seal(record, {}, new Set(keys), false) as Readonly<T>
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

/** Whether nothing of an object is shown, its keys included. */
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

/** `path` is one array that grows and shrinks on the way; a path of its own for each value would cost more than the rest. */
function protectAt(value: unknown, rules: Walk, path: (string | number)[], isSecret: boolean): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (!Array.isArray(value) && !isPlain(value)) return value
  if (rules.around.has(value)) throw holdsItself(path)
  rules.around.add(value)
  const copy = Array.isArray(value)
    ? protectItems(value, rules, path, isSecret)
    : protectObject(value, rules, path, isSecret)
  rules.around.delete(value)
  return copy
}

function holdsItself(path: readonly (string | number)[]): Error {
  return configError({
    code: 'SCHEMA',
    key: path,
    message: 'is made circular by the schema, and cannot be frozen',
    remedy: 'return a value without cycles from the schema',
  })
}

/**
 * The instance itself, since its methods and private fields know no other. What is plain in it is protected; where it
 * shows a secret itself, hooks of its own show its properties, or what its `toJSON` makes of them, with masks.
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
  // A map or a URL has nothing that could be copied.
  if (properties.length > 0) hide(value, REAL, { get: () => ({ ...value }) })
  if (!isShown) return value
  const masked = (view: unknown): unknown => (rules.isSecret(view, []) ? MASK : protect(view, rules))
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

/** `JSON.stringify` takes what a `toJSON` returns as it is, and does not ask that for another. */
function inJSON(view: unknown): unknown {
  const isMasked = typeof view === 'object' && view !== null && Reflect.get(view, REAL) !== undefined
  return isMasked ? Reflect.apply(Reflect.get(view, HOOK) as () => unknown, view, []) : view
}

/** Whether properties of it can be set, and others added. */
function isChangeable(value: object): boolean {
  const properties = Object.values(Object.getOwnPropertyDescriptors(value))
  return Object.isExtensible(value) && properties.every(({ enumerable, writable }) => !enumerable || writable === true)
}

/** Not enumerable, so that the instance compares, spreads and lists as before; replaced where a schema gives it again. */
function hide(value: object, key: string | symbol, descriptor: PropertyDescriptor): void {
  define(value, key, { ...descriptor, enumerable: false, configurable: true })
}

function cannotBeMasked(): Error {
  return configError({
    code: 'SCHEMA',
    message: 'The schema makes an instance of a class that shows a secret, and it cannot be masked since it is frozen',
    remedy: 'make a plain object in the schema, which is frozen anyway, or leave the instance unfrozen',
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

/** @param isWhole whether nothing of it is to be seen, its keys included */
function seal(real: object, shell: object, secret: ReadonlySet<string>, isWhole: boolean): object {
  Object.freeze(real)
  if (secret.size === 0 && !isWhole) return real
  for (const key of Object.keys(real)) {
    // `toJSON` is an accessor like a secret: a data property would have to be read as it is.
    const item: unknown = Reflect.get(real, key)
    const shown =
      isWhole || secret.has(key) ? { get: () => MASK } : key === HOOK ? { get: () => item } : { value: item }
    define(shell, key, { ...shown, enumerable: true })
  }
  const masked = (): unknown => (isWhole ? MASK : masks(real, secret))
  define(shell, INSPECT, { value: masked })
  // A list in a template literal is a way to print it; `join` is one to read it.
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

/** What stands for the object when it is printed: nested objects print themselves. */
function masks(real: object, secret: ReadonlySet<string>): unknown {
  if (Array.isArray(real)) return real.map((item: unknown, index) => (secret.has(String(index)) ? MASK : item))
  return Object.fromEntries(Object.entries(real).map(([key, item]) => [key, secret.has(key) ? MASK : item]))
}

function define(target: object, key: string | symbol, descriptor: PropertyDescriptor): void {
  Object.defineProperty(target, key, descriptor)
}

function isInstance(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isPlain(value)
}
