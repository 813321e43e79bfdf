import type { Problems } from '../errors/errors.ts'
import { positionOf } from '../errors/frame.ts'
import type { ProblemCode } from '../errors/problem-codes.ts'
import { formatPath } from '../path.ts'
import { isForbiddenKey } from '../tree.ts'
import type { Path, Source } from '../types.ts'
import { LIMITS, type MessageText } from './guard.ts'
import { MERGE_CONFLICT, mergeConflictIn } from './merge-conflict.ts'

/**
 * Collects a parser's errors in one text: only the first few, one for each position and one syntax error for each line,
 * since others follow from it. If git left a merge conflict in the text, all of them do, and only that is
 * reported.
 */
export interface Findings {
  readonly isEmpty: boolean
  readonly isFull: boolean
  /** Adds a finding. Its key is left out if the text may hold secrets: in a broken text, values may be read as keys. */
  add(code: ProblemCode, offset: number, text: MessageText, key?: Path): void
  report(): void
}

export function collectFindings(source: Source, problems: Problems): Findings {
  const found = new Map<number, { code: ProblemCode; text: MessageText; key: string | undefined }>()
  return {
    get isEmpty() {
      return found.size === 0
    },
    get isFull() {
      return found.size >= LIMITS.errors
    },
    add(code, offset, text, key = []) {
      if (found.size >= LIMITS.errors || found.has(offset)) return
      const variable = source.file === undefined ? source.name : undefined
      const path = source.confidential || key.length === 0 ? undefined : formatPath(key)
      found.set(offset, { code, text, key: variable ?? path })
    },
    report() {
      const conflict = found.size === 0 ? undefined : mergeConflictIn(source.text ?? '')
      if (conflict !== undefined) {
        problems.error({ code: 'SYNTAX', ...MERGE_CONFLICT, at: { source, offset: conflict } })
        return
      }
      let brokenLine = -2
      for (const [offset, { code, text, key }] of [...found].sort(([one], [other]) => one - other)) {
        const line = (source.text ?? '').lastIndexOf('\n', offset - 1)
        if (code === 'SYNTAX' && line === brokenLine) continue
        if (code === 'SYNTAX') brokenLine = line
        problems.error({ code, ...text, ...(key === undefined ? {} : { key }), at: { source, offset } })
      }
    },
  }
}

/** The text and key that a parser is at. */
interface Place {
  readonly source: Source
  readonly findings: Findings
  readonly path: Path
}

/** Adds a key of a map to its `places`, and reports duplicate and forbidden keys. */
export function checkKey(
  { source, findings, path }: Place,
  key: string,
  offset: number,
  places: Map<string, number>,
): void {
  const first = places.get(key)
  if (isForbiddenKey(key)) findings.add('FORBIDDEN_KEY', offset, MESSAGES.forbiddenKey, path)
  else if (first === undefined) places.set(key, offset)
  else if (!findings.isFull) {
    const line = positionOf({ source, offset: first })?.line ?? 1
    findings.add('DUPLICATE_KEY', offset, MESSAGES.duplicateKey(line), path)
  }
}

/** The messages that YAML and JSON have in common. */
export const MESSAGES = {
  tooDeep: {
    message: `is nested more than ${LIMITS.depth} levels deep`,
    remedy: 'flatten it',
  },
  forbiddenKey: {
    message: 'is a key that reaches an object’s prototype',
    remedy: 'use another name',
  },
  duplicateKey: (line: number): MessageText => ({
    message: `is the same key as on line ${line}`,
    remedy: 'remove one of them',
  }),
} as const

/** Quotes as word processors and chats write them; no file takes them for quotes. */
export const TYPOGRAPHIC_QUOTES = '“”„‟‘’‚‛'

/** What is wrong with a string that UTF-8 cannot hold, or that has a NUL, where many programs stop reading. */
export function invalidCharactersIn(text: string): MessageText | undefined {
  if (text.includes('\0')) return { message: 'contains a NUL character', remedy: 'remove it' }
  if (text.isWellFormed()) return undefined
  return {
    message: 'contains half of a surrogate pair, which is not valid text',
    remedy: 'write the character itself',
  }
}
