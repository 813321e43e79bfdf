import { CST, Lexer, Parser } from 'yaml'
import type { ProblemCode } from '../errors/problem-codes.ts'
import { type Findings, MESSAGES } from './findings.ts'
import { LIMITS, type MessageText } from './guard.ts'
import { COMMENT_GAP, OPEN_BRACKET, OPEN_QUOTE, OTHER_TAG, PARSER_MESSAGES } from './yaml-messages.ts'

/** Thrown when it is pointless to go on; a finding says why. */
export class Stopped extends Error {}

interface Scan {
  readonly parser: Parser
  readonly findings: Findings
  document?: CST.Document
  directiveAt?: number
  /** There is a syntax error; composing the rest would only report what follows from it. */
  isBroken: boolean
}

/**
 * The syntax tree of the only document. Nesting is limited before the package recurses, since deep nesting makes it end
 * the process instead of throwing.
 */
export function parseTokens(text: string, findings: Findings): CST.Document | undefined {
  const scan: Scan = { parser: new Parser(), findings, isBroken: false }
  const { parser } = scan
  for (const lexeme of withoutComments(new Lexer().lex(text), scan)) {
    if (lexeme === CST.FLOW_END) noteOpenBracket(scan)
    accept(parser.next(lexeme), scan)
    const excess = collectionBeyondLimit(parser.stack)
    if (excess) stop(findings, 'TOO_DEEP', excess.offset, MESSAGES.tooDeep)
    if (findings.isFull) throw new Stopped()
  }
  noteOpenBracket(scan)
  accept(parser.end(), scan)
  const { document, directiveAt } = scan
  const isMarked = document?.start.some((token) => token.type === 'doc-start') ?? false
  if (directiveAt !== undefined && !isMarked) broken(scan, directiveAt, PARSER_MESSAGES.BAD_DIRECTIVE)
  return scan.isBroken ? undefined : document
}

/**
 * Replaces comments with spaces: the package's parser takes quadratic time for runs of comments, and nothing needs
 * them. Whitespace with a tab before a comment is replaced too, since a tab before spaces would count as indentation.
 */
function* withoutComments(lexemes: Iterable<string>, scan: Scan): Generator<string> {
  let held = ''
  let before = '\n'
  let isText = false
  for (const lexeme of lexemes) {
    if (isText) yield lexeme
    else if (/^ *\t/.test(lexeme)) held += lexeme
    else {
      checkLexeme(lexeme, before, scan.parser.offset + held.length, scan)
      if (lexeme.startsWith('#')) yield ' '.repeat(held.length + lexeme.length)
      else {
        if (held !== '') yield held
        yield lexeme
      }
      held = ''
    }
    isText = !isText && lexeme === CST.SCALAR
    if (lexeme !== '' && lexeme !== CST.SCALAR) before = lexeme
  }
  if (held !== '') yield held
}

const CORE_TAG = /^!(?:!(?:str|int|float|bool|null|map|seq)|<tag:yaml\.org,2002:(?:str|int|float|bool|null|map|seq)>)$/

/** The package reports these too, but further down, since an open quote swallows the lines in between. */
function checkLexeme(lexeme: string, before: string, offset: number, scan: Scan): void {
  const start = lexeme[0]
  if (start === '!' && !CORE_TAG.test(lexeme)) scan.findings.add('UNSUPPORTED_YAML', offset, OTHER_TAG)
  if (start === '#' && !/[ \t\n]$/.test(before)) broken(scan, offset, COMMENT_GAP)
  if (start === '"' || start === "'") {
    const isClosed = lexeme.length > 1 && lexeme.endsWith(start)
    if (!isClosed) broken(scan, offset, OPEN_QUOTE)
  }
}

function accept(tokens: Iterable<CST.Token>, scan: Scan): void {
  for (const token of tokens) {
    if (token.type === 'directive') scan.directiveAt ??= token.offset
    else if (token.type === 'error') broken(scan, token.offset, PARSER_MESSAGES.UNEXPECTED_TOKEN)
    else if (token.type === 'doc-end') {
      const rest = token.end?.find(({ type }) => type !== 'space' && type !== 'newline')
      if (rest) broken(scan, rest.offset, PARSER_MESSAGES.UNEXPECTED_TOKEN)
    } else if (token.type === 'document') {
      if (scan.document) scan.findings.add('UNSUPPORTED_YAML', token.offset, PARSER_MESSAGES.MULTIPLE_DOCS)
      else scan.document = token
    }
  }
}

function noteOpenBracket(scan: Scan): void {
  const open = scan.parser.stack.find((token) => token.type === 'flow-collection' && token.end.length === 0)
  if (open) broken(scan, open.offset, OPEN_BRACKET)
}

function broken(scan: Scan, offset: number, message: MessageText): void {
  scan.isBroken = true
  scan.findings.add('SYNTAX', offset, message)
}

function collectionBeyondLimit(stack: readonly CST.Token[]): CST.Token | undefined {
  return stack.length > LIMITS.depth ? stack.filter(isCollection)[LIMITS.depth] : undefined
}

function isCollection({ type }: CST.Token): boolean {
  return type === 'block-map' || type === 'block-seq' || type === 'flow-collection'
}

export function stop(findings: Findings, code: ProblemCode, offset: number, message: MessageText): never {
  findings.add(code, offset, message)
  throw new Stopped()
}
