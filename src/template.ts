/**
 * The grammar of references (formats.md, section 4): text in, parts out. What a reference means is
 * `substitute.ts`'s business.
 */

/** How deep defaults may nest: `${A:-${B:-${C}}}` is three. */
const MAX_NESTING = 32

export type Operator = '' | '-' | ':-' | '?' | ':?' | '+' | ':+'

export interface Reference {
  readonly name: string
  readonly operator: Operator
  /** What follows the operator: a default, a message, an alternative. */
  readonly operand: Template
  /** The reference as it was written. */
  readonly raw: string
}

/** Text and references in the order they stand. */
export type Template = readonly (string | Reference)[]

export interface TemplateOptions {
  /** Also take `$VAR`, and `\$` for a literal dollar sign, as dotenv-expand does. */
  readonly bare?: boolean
}

/** A reference whose end has not been seen yet. */
interface Open {
  readonly name: string
  readonly operator: Operator
  readonly start: number
  readonly bodyStart: number
  readonly close: '}' | '>'
  /** Brackets that plain text in the operand opened, so that a JSON default ends where it should. */
  braces: number
  readonly parts: (string | Reference)[]
}

const HEADER = /\$(?:\{([A-Za-z_][A-Za-z0-9_]*)(\}|:?[-?+])|<([A-Za-z_][A-Za-z0-9_]*)(>|:?[-?+]))/y
const BARE = /\$([A-Za-z_][A-Za-z0-9_]*)/y

/**
 * Splits a text into literal text and references in one pass over it, whatever it holds; what is not a
 * reference (`$`, `$VAR`, `${}`, `${A B}`, one that never ends) stays text.
 *
 * @returns undefined when the text has neither references nor escapes and so stands for itself,
 *   `'too deep'` when defaults nest deeper than {@link MAX_NESTING}.
 */
export function parseTemplate(text: string, { bare = false }: TemplateOptions = {}): Template | 'too deep' | undefined {
  if (!text.includes('$')) return undefined
  const root: (string | Reference)[] = []
  const open: Open[] = []
  let literal = ''
  let at = 0

  const flush = (): void => {
    if (literal !== '') (open.at(-1)?.parts ?? root).push(literal)
    literal = ''
  }

  while (at < text.length) {
    const character = text[at]
    const inner = open.at(-1)
    const escaped = escapeAt(text, at, bare)
    if (escaped !== undefined) {
      if (inner !== undefined && escaped.stands === (inner.close === '}' ? '${' : '$<')) inner.braces++
      literal += escaped.stands
      at += escaped.length
    } else if (character === '$') {
      const header = matchAt(HEADER, text, at)
      const name = header?.[1] ?? header?.[3]
      const tail = header?.[2] ?? header?.[4]
      if (header && name !== undefined && (tail === '}' || tail === '>')) {
        flush()
        ;(inner?.parts ?? root).push({ name, operator: '', operand: [], raw: header[0] })
        at += header[0].length
      } else if (header && name !== undefined) {
        flush()
        if (open.length >= MAX_NESTING) return 'too deep'
        open.push({
          name,
          operator: tail as Operator,
          start: at,
          bodyStart: at + header[0].length,
          close: text[at + 1] === '{' ? '}' : '>',
          braces: 0,
          parts: [],
        })
        at += header[0].length
      } else {
        const plain = bare ? matchAt(BARE, text, at) : undefined
        if (plain?.[1] === undefined) {
          literal += '$'
          at++
        } else {
          flush()
          ;(inner?.parts ?? root).push({ name: plain[1], operator: '', operand: [], raw: plain[0] })
          at += plain[0].length
        }
      }
    } else if (inner && character === inner.close && inner.braces === 0) {
      flush()
      open.pop()
      const { name, operator, parts, start } = inner
      ;(open.at(-1)?.parts ?? root).push({ name, operator, operand: parts, raw: text.slice(start, at + 1) })
      at++
    } else {
      if (inner?.close === '}' && character === '{') inner.braces++
      else if (inner && character === inner.close) inner.braces--
      const next = nextSpecial(text, at + 1, inner !== undefined)
      literal += text.slice(at, next)
      at = next
    }
  }
  flush()
  return closeUnfinished(root, open, text)
}

/** An unfinished `${A:-…` was no reference after all: its opening is text, and so is what follows. */
function closeUnfinished(root: (string | Reference)[], open: readonly Open[], text: string): Template {
  for (const unfinished of open) {
    root.push(text.slice(unfinished.start, unfinished.bodyStart))
    for (const part of unfinished.parts) root.push(part)
  }
  return root
}

function escapeAt(text: string, at: number, bare: boolean): { stands: string; length: number } | undefined {
  const character = text[at]
  if (character !== '$' && character !== '\\') return undefined
  if (text[at + 1] !== '$') return undefined
  const bracket = text[at + 2]
  if (bracket === '{' || bracket === '<') return { stands: `$${bracket}`, length: 3 }
  return bare && character === '\\' ? { stands: '$', length: 2 } : undefined
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at
  return pattern.exec(text) ?? undefined
}

/** The next character that could mean something, so that plain stretches are copied whole. */
function nextSpecial(text: string, from: number, nested: boolean): number {
  const special = nested ? /[$\\{}>]/g : /[$\\]/g
  special.lastIndex = from
  return special.exec(text)?.index ?? text.length
}
