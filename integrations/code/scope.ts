import type { IsMentioned } from './mentions.ts'
import { childrenOf, isNode, type Node } from './syntax.ts'

export interface Range {
  readonly start: number
  readonly end: number
}

/**
 * The ranges of a program in which a name refers to a binding of the program itself. `declare` binds nothing.
 *
 * @param isMentioned whether a node's text contains the name
 */
export function bindingRanges(program: Node, name: string, isMentioned: IsMentioned): readonly Range[] {
  const ranges: Range[] = []
  collect(program, [program], { name, isMentioned, ranges })
  return ranges
}

const FUNCTIONS = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'])
const FUNCTION_SCOPES = new Set([...FUNCTIONS, 'Program', 'StaticBlock', 'TSModuleBlock'])
const BLOCK_SCOPES = new Set([
  ...FUNCTION_SCOPES,
  'BlockStatement',
  'CatchClause',
  'ForInStatement',
  'ForOfStatement',
  'ForStatement',
  'SwitchStatement',
])
const NAMED = new Set(['FunctionDeclaration', 'ClassDeclaration', 'TSEnumDeclaration', 'TSModuleDeclaration'])
const IMPORTS = new Set([
  'ImportSpecifier',
  'ImportDefaultSpecifier',
  'ImportNamespaceSpecifier',
  'TSImportEqualsDeclaration',
])

interface Search {
  readonly name: string
  readonly isMentioned: IsMentioned
  readonly ranges: Range[]
}

function collect(node: Node, around: readonly Node[], search: Search): void {
  const { name, isMentioned, ranges } = search
  if (node.declare === true) return
  const program = around[0] ?? node
  if (node.type === 'VariableDeclaration' && declaratorsOf(node).some(({ id }) => binds(id, name))) {
    const scopes = node.kind === 'var' ? FUNCTION_SCOPES : BLOCK_SCOPES
    ranges.push(around.findLast(({ type }) => scopes.has(type)) ?? program)
  }
  if (FUNCTIONS.has(node.type) && Array.isArray(node.params) && node.params.some((param) => binds(param, name)))
    ranges.push(node)
  if (node.type === 'CatchClause' && binds(node.param, name)) ranges.push(node)
  if (NAMED.has(node.type) && binds(node.id, name))
    ranges.push(around.findLast(({ type }) => BLOCK_SCOPES.has(type)) ?? program)
  if ((node.type === 'FunctionExpression' || node.type === 'ClassExpression') && binds(node.id, name)) ranges.push(node)
  if (IMPORTS.has(node.type) && binds(node.local ?? node.id, name)) ranges.push(program)
  const inner = [...around, node]
  for (const child of childrenOf(node)) if (isMentioned(child)) collect(child, inner, search)
}

function declaratorsOf(node: Node): readonly Node[] {
  return Array.isArray(node.declarations) ? node.declarations.filter(isNode) : []
}

/** Whether a pattern binds the name: `process`, `{ process }`, `{ a: [process = 1] }`, `...process`. */
function binds(pattern: unknown, name: string): boolean {
  if (!isNode(pattern)) return false
  switch (pattern.type) {
    case 'Identifier':
      return pattern.name === name
    case 'ObjectPattern':
      return Array.isArray(pattern.properties) && pattern.properties.some((property) => binds(property, name))
    case 'Property':
      return binds(pattern.value, name)
    case 'ArrayPattern':
      return Array.isArray(pattern.elements) && pattern.elements.some((element) => binds(element, name))
    case 'AssignmentPattern':
      return binds(pattern.left, name)
    case 'RestElement':
      return binds(pattern.argument, name)
    case 'TSParameterProperty':
      return binds(pattern.parameter, name)
    default:
      return false
  }
}
