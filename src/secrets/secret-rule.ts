import { inspect, types } from 'node:util'
import type { Exposure } from '../expose/expose.ts'
import { isContainer, leaves, nearestNode, taintOf } from '../tree.ts'
import type { MapNode, Path } from '../types.ts'
import {
  containsAny,
  formsOf,
  isSecretValue,
  looksSecretNumber,
  looksSecretPath,
  MIN_CONTAINED_LENGTH,
  passwordsIn,
  repeatsAny,
} from './secret.ts'

/** Deeper levels of a class instance are not inspected, nor are they printed. */
const MAX_DEPTH = 8

/** Whether a value of the configuration is secret. */
export type SecretRule = (value: unknown, path: Path) => boolean

/**
 * A value is secret by its taint, its key's name or its form, or because a schema made it from a secret. A list or an
 * object is secret, and masked as a whole, if it was made from a secret string or has a secret as a key.
 */
export function secretRule({ tree, output, secrets }: Pick<Exposure, 'tree' | 'output' | 'secrets'>): SecretRule {
  const values = new Set(secrets.map(({ value }) => value))
  for (const text of secretTexts(tree)) values.add(text)
  for (const value of [...values]) for (const password of passwordsIn(value)) values.add(password)
  const isTransformed = output !== undefined
  const holdsSecret = isTransformed ? containsAny(formsOf(values)) : (value: string) => values.has(value)
  const containsSecret = (value: string): boolean => value.length >= MIN_CONTAINED_LENGTH && holdsSecret(value)
  const isText = (value: string, path: Path): boolean =>
    looksSecretPath(path) || isSecretValue(value) || containsSecret(value)
  const isKey = (key: string): boolean => isSecretValue(key) || containsSecret(key)
  let repeats: ((text: string) => boolean) | undefined

  return (value, path) => {
    if (value === null || value === undefined || typeof value === 'boolean') return false
    // A value that a schema made from one string is below that string's node.
    const node = nearestNode(tree, path)
    if (taintOf(node)) return true
    if (typeof value === 'string' && isText(value, path)) return true
    if (typeof value === 'number' || typeof value === 'bigint')
      if (looksSecretPath(path, looksSecretNumber) || containsSecret(String(value))) return true
    if (!isTransformed) return false
    if (node.kind === 'scalar' && typeof node.value === 'string' && isText(node.value, path)) return true
    // Containers are checked item by item; all other objects print themselves.
    if (isContainer(value)) return !Array.isArray(value) && Object.keys(value).some(isKey)
    const isOfSomeClass = typeof value === 'object' || typeof value === 'function' || typeof value === 'symbol'
    if (!isOfSomeClass) return false
    const shown = printed(value)
    repeats ??= repeatsAny(values)
    return shown === undefined || repeats(shown)
  }
}

/**
 * Everything that a class instance would show, as text and in JSON, with its prototype, and the bytes in it. Undefined
 * if printing it throws.
 */
function printed(value: object | symbol): string | undefined {
  const all = { depth: MAX_DEPTH, maxArrayLength: null, maxStringLength: null, showHidden: true } as const
  const shown = tryPrint(() => inspect(value, all))
  if (shown === undefined) return undefined
  // JSON may fail: it may contain itself or a bigint, or have properties that throw before it is connected.
  const others = [tryPrint(() => JSON.stringify(value)), tryPrint(() => [...bytesIn(value)].join('\n'))]
  return [shown, ...others].join('\n')
}

function tryPrint(print: () => string): string | undefined {
  try {
    return print()
  } catch {
    return undefined
  }
}

/** Bytes as text, since inspection prints them as numbers. */
function* bytesIn(value: unknown, depth = 0): Generator<string> {
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return
  if (ArrayBuffer.isView(value)) yield Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1')
  else if (types.isAnyArrayBuffer(value)) yield Buffer.from(value).toString('latin1')
  else {
    const items = types.isMap(value) ? [...value].flat() : types.isSet(value) ? [...value] : Object.values(value)
    for (const item of items) yield* bytesIn(item, depth + 1)
  }
}

/** The strings in a tree that are secret by taint, key or form: no message and no print may show what is made of them. */
export function* secretTexts(tree: MapNode): Generator<string> {
  for (const [path, leaf] of leaves(tree)) {
    if (leaf.kind === 'list') continue
    const { value, taint } = leaf
    if (typeof value === 'string') {
      if (taint || looksSecretPath(path) || isSecretValue(value)) yield value
    } else if (taint && String(value).length >= MIN_CONTAINED_LENGTH) yield String(value)
  }
}
