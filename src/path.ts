import type { Path } from './types.ts'

/** Matches most keys. */
const ASCII_KEY = /^[\w$-]+$/

/** Formats a path: `['a', 'b.c', 0]` → `a["b.c"][0]`. Control characters in a key are escaped. */
export function formatPath(path: Path): string {
  let text = ''
  for (const segment of path) {
    if (typeof segment === 'number') text += `[${segment}]`
    else if (isPlainKey(segment)) text += text === '' ? segment : `.${segment}`
    else text += `[${JSON.stringify(segment)}]`
  }
  return text
}

function isPlainKey(key: string): boolean {
  // The second expression takes V8 a while to compile.
  return ASCII_KEY.test(key) || /^[\p{L}\p{N}_$-]+$/u.test(key)
}

/**
 * Parses a path: `a["b.c"][0].d` → `['a', 'b.c', 0, 'd']`. A bare number between dots is a key, in brackets an index.
 * Returns undefined if the text is not a path (an empty segment, an open bracket).
 */
export function parsePath(text: string): Path | undefined {
  const path: (string | number)[] = []
  const token = /\[(\d{1,9})\]|\[("(?:[^"\\]|\\.)*")\]|(\.?)([^.[\]]+)/y
  while (token.lastIndex < text.length) {
    const start = token.lastIndex
    const match = token.exec(text)
    if (!match) return undefined
    const [, index, quoted, dot, key] = match
    if (index !== undefined) path.push(Number(index))
    else if (quoted !== undefined) {
      const segment = unquote(quoted)
      if (segment === undefined) return undefined
      path.push(segment)
    } else if (key !== undefined) {
      if ((dot === '.') === (start === 0)) return undefined
      path.push(key)
    }
  }
  return path.length === 0 ? undefined : path
}

function unquote(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'string' ? value : undefined
  } catch {
    return undefined
  }
}

const isEnumerable = Object.prototype.propertyIsEnumerable

/** The value at a path of plain data; undefined if a step is not an enumerable property, such as `length` of a list. */
export function valueAt(value: unknown, path: Path): unknown {
  let at = value
  for (const segment of path) {
    if (typeof at !== 'object' || at === null || !isEnumerable.call(at, segment)) return undefined
    at = Reflect.get(at, segment)
  }
  return at
}
