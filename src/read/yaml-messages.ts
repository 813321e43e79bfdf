import type { ErrorCode } from 'yaml'
import { MESSAGES } from './findings.ts'
import { LIMITS, type MessageText } from './guard.ts'

export const NOT_A_MAP: MessageText = {
  message: 'is not a map of keys and values',
  remedy: 'start with a line like key: value',
}
export const OTHER_TAG: MessageText = {
  message: 'has a tag that is not one of YAML’s own',
  remedy: 'remove the tag; quote the value if it starts with !',
}
export const OPEN_QUOTE: MessageText = {
  message: 'has a quoted string that is never closed',
  remedy: 'add the closing quote, and indent the lines within',
}
export const OPEN_BRACKET: MessageText = {
  message: 'has a bracket that is never closed',
  remedy: 'close it, and indent the lines within',
}
export const COMMENT_GAP: MessageText = {
  message: 'has a # without a space before it',
  remedy: 'put a space before a comment, or quotes around a value',
}
const WRONG_BRACKET: MessageText = {
  message: 'closes a bracket with one of another kind',
  remedy: 'close [ with ] and { with }',
}
const NO_COMMA: MessageText = {
  message: 'has no comma between two entries',
  remedy: 'put one between them; quote a value with ${…} inside brackets',
}
const NO_COLON: MessageText = {
  message: 'is a line without a colon',
  remedy: 'write key: value; a string of several lines goes below key: |',
}
const DASH_AMONG_KEYS: MessageText = {
  message: 'has a dash where a key is expected',
  remedy: 'check the indentation; a list goes below its own key, with all its dashes in one column',
}
const ENTRY_BEHIND_MARK: MessageText = {
  message: 'has a key or a dash on the same line as ---',
  remedy: 'move it to the next line',
}
const LONG_EMPTY_LINE: MessageText = {
  message: 'is indented less than an empty line above it',
  remedy: 'remove the spaces from that line',
}
export const UNKNOWN_ALIAS: MessageText = {
  message: 'is an alias without an anchor above it',
  remedy: 'put &name before the value that *name refers to; quote a value that starts with *',
}
export const ALIAS_IN_ITSELF: MessageText = { message: 'is an alias of a value that contains it', remedy: 'remove it' }
export const TOO_MANY_ALIASES: MessageText = {
  message: `has aliases that stand for more than ${LIMITS.aliasNodes} values`,
  remedy: 'use fewer aliases',
}
export const COLLECTION_AS_KEY: MessageText = {
  message: 'has a list or a map as a key',
  remedy: 'use a string as the key; quote a value that starts with { or [',
}
export const NOT_MERGEABLE: MessageText = {
  message: 'merges something that is not a map',
  remedy: 'write <<: *name or <<: [*one, *two]',
}
export const TYPE_MISMATCH: MessageText = {
  message: 'does not match its tag',
  remedy: 'remove the tag, or correct the value',
}

/** This library's messages for the package's error codes; the package's own messages quote the text. */
export const PARSER_MESSAGES: Readonly<Record<ErrorCode, MessageText>> = {
  ALIAS_PROPS: { message: 'gives an anchor or a tag to an alias', remedy: 'remove it' },
  BAD_ALIAS: { message: 'has an anchor or an alias without a name', remedy: 'write &name and *name' },
  BAD_COLLECTION_TYPE: TYPE_MISMATCH,
  BAD_DIRECTIVE: {
    message: 'has a line that starts with %, which needs --- below it',
    remedy: 'remove the line, or quote a value that starts with %',
  },
  BAD_DQ_ESCAPE: {
    message: 'has a backslash in double quotes before a character that cannot be escaped',
    remedy: 'write a backslash itself as \\\\, or use single quotes',
  },
  BAD_INDENT: {
    message: 'is not indented like the lines it belongs to',
    remedy: 'start the keys of one map, the dashes of one list, and the lines of one text in one column',
  },
  BAD_PROP_ORDER: { message: 'has an anchor or a tag in the wrong place', remedy: 'put it right before the value' },
  BAD_SCALAR_START: {
    message: 'starts with a character that YAML reserves',
    remedy: 'put it in quotes',
  },
  BLOCK_AS_IMPLICIT_KEY: {
    message: 'has a key where only a value is allowed',
    remedy: 'check the indentation; put a value that holds a colon in quotes',
  },
  BLOCK_IN_FLOW: {
    message: 'has a map or a list without brackets inside brackets',
    remedy: 'put it in brackets too, a comma between two entries, and a value that holds a colon in quotes',
  },
  DUPLICATE_KEY: { message: 'is the same key as one above', remedy: 'remove one of them' },
  IMPOSSIBLE: { message: 'cannot be read as YAML', remedy: 'check the indentation, and put strings in quotes' },
  KEY_OVER_1024_CHARS: {
    message: 'has a key of more than 1024 characters',
    remedy: 'shorten it, or look for a missing quote',
  },
  MISSING_CHAR: { message: 'is missing a character here', remedy: 'check quotes, brackets, commas and spaces' },
  MULTILINE_IMPLICIT_KEY: {
    message: 'has a key that spans several lines',
    remedy:
      'write key: value on one line, inside brackets with a comma after it; a string of several lines goes below key: |',
  },
  MULTIPLE_ANCHORS: { message: 'gives two anchors to one value', remedy: 'keep one of them' },
  MULTIPLE_DOCS: {
    message: 'has a second document',
    remedy: 'keep one document per file: remove the --- and what is below it',
  },
  MULTIPLE_TAGS: { message: 'gives two tags to one value', remedy: 'keep one of them' },
  NON_STRING_KEY: { message: 'has a key that is not a string', remedy: 'put the key in quotes' },
  RESOURCE_EXHAUSTION: MESSAGES.tooDeep,
  TAB_AS_INDENT: { message: 'is indented with a tab', remedy: 'indent with spaces' },
  TAG_RESOLVE_FAILED: OTHER_TAG,
  UNEXPECTED_TOKEN: {
    message: 'has a character that YAML does not expect here',
    remedy: 'check the quotes, brackets and indentation around it, or quote the whole value',
  },
}

/** If a code stands for several mistakes, the start of the package's message tells them apart. */
const SPECIFIC: readonly (readonly [start: string, message: MessageText])[] = [
  ['Flow map', WRONG_BRACKET],
  ['Flow sequence', WRONG_BRACKET],
  ['Missing ,', NO_COMMA],
  ['Implicit map keys need', NO_COLON],
  ['A block sequence may not', DASH_AMONG_KEYS],
  ['Block collection cannot start', ENTRY_BEHIND_MARK],
  ['Block scalars with more-indented', LONG_EMPTY_LINE],
]

/** This library's message for one of the package's errors. */
export function messageFor(code: ErrorCode, message: string): MessageText {
  return SPECIFIC.find(([start]) => message.startsWith(start))?.[1] ?? PARSER_MESSAGES[code]
}
