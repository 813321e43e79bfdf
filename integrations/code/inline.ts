import type { SecretRead } from '../virtual-module.ts'
import { type Source, type ValueOptions, valueText } from './literal.ts'
import { type IsMentioned, mentionsOf } from './mentions.ts'
import { type Replacement, replaced } from './replacement.ts'
import { bindingRanges } from './scope.ts'
import { childrenOf, isNode, type Node, staticKey, staticText, unwrap } from './syntax.ts'

export { parseModule } from './parse.ts'

export interface InlineOptions extends ValueOptions {
  readonly isSecret: (name: string) => boolean
  /**
   * Whether the host expands `import.meta.glob(…, { as: 'raw' })` without asking plugins. It is then replaced with
   * imports of the same text, which plugins are asked about.
   * @default false
   */
  readonly importsRaw?: boolean
}

export interface Inlined {
  /** Undefined if there is nothing to replace. */
  readonly code?: string
  /** The replacements in order, for a source map. */
  readonly replacements: readonly Replacement[]
  /** Secrets that the code reads by name. */
  readonly reads: readonly SecretRead[]
  /** The paths in `new URL('…', import.meta.url)`: a bundler copies such a file. */
  readonly assets: readonly string[]
}

interface Walk extends InlineOptions {
  readonly code: string
  /** Whether `process` is a local binding at this offset. */
  readonly isShadowed: (offset: number) => boolean
  /** Whether a node may contain anything of interest. */
  readonly isMentioned: IsMentioned
  readonly replacements: Replacement[]
  readonly secrets: { readonly name: string; readonly offset: number }[]
  readonly assets: string[]
}

/**
 * Replaces reads of `import.meta.env.X` and `process.env.X` with the public values: as member access, with a string
 * index, with optional chaining, and in destructuring. Strings, comments, assignments and shadowed names are left
 * alone.
 */
export function inlineValues(code: string, program: Node, options: InlineOptions): Inlined {
  const shadows = bindingRanges(program, 'process', mentionsOf(code, /\bprocess\b/g))
  const isShadowed = (offset: number): boolean => shadows.some(({ start, end }) => start <= offset && offset < end)
  const isMentioned = mentionsOf(code, /\b(?:process|meta)\b/g)
  const walk: Walk = { ...options, code, isShadowed, isMentioned, replacements: [], secrets: [], assets: [] }
  visit(program, [], walk)
  const reads = walk.secrets.map(({ name, offset }) => ({ name, ...positionOf(code, offset) }))
  const { assets } = walk
  const replacements = walk.replacements.sort((one, other) => one.start - other.start)
  if (replacements.length === 0) return { replacements, reads, assets }
  return { code: replaced(code, replacements), replacements, reads, assets }
}

function visit(node: Node, parents: readonly Node[], walk: Walk): void {
  if (node.type === 'MemberExpression') member(node, parents, walk)
  else if (node.type === 'VariableDeclarator') destructuring(node.id, node.init, walk)
  else if (node.type === 'AssignmentExpression' && node.operator === '=') destructuring(node.left, node.right, walk)
  else if (node.type === 'AssignmentPattern') destructuring(node.left, node.right, walk)
  else if (node.type === 'NewExpression') asset(node, walk)
  else if (node.type === 'CallExpression' && walk.importsRaw) rawGlob(node, walk)
  const around = [...parents, node]
  for (const child of childrenOf(node)) if (walk.isMentioned(child)) visit(child, around, walk)
}

/** `new URL('./a.png', import.meta.url)` */
function asset({ callee, arguments: given }: Node, { assets }: Walk): void {
  const [path, base] = Array.isArray(given) ? given.filter(isNode) : []
  const isUrl = isNode(callee) && callee.type === 'Identifier' && callee.name === 'URL' && base !== undefined
  const text = path && isUrl ? staticText(path) : undefined
  if (text !== undefined) assets.push(text)
}

/** `import.meta.glob('./*.md', { as: 'raw' })` */
function rawGlob({ callee, arguments: given }: Node, walk: Walk): void {
  const called = isNode(callee) ? unwrap(callee) : undefined
  if (called?.type !== 'MemberExpression' || staticKey(called) !== 'glob') return
  if (baseObject(called.object, walk) !== 'import.meta') return
  const [, options] = Array.isArray(given) ? given.filter(isNode) : []
  const isRaw =
    options && propertiesOf(unwrap(options)).some((each) => staticKey(each) === 'as' && textOf(each) === 'raw')
  if (!isRaw) return
  const { start, end } = options
  walk.replacements.push({ start, end, text: `{ query: '?raw', import: 'default', eager: true }` })
}

function textOf({ value }: Node): string | undefined {
  return isNode(value) ? staticText(unwrap(value)) : undefined
}

function member(node: Node, parents: readonly Node[], walk: Walk): void {
  const source = envObject(node.object, walk)
  const name = source && staticKey(node)
  if (source === undefined || name === undefined || isTarget(node, parents)) return
  if (isPublic(name, walk)) {
    const text = expression(valueText(name, source, walk), node, parents)
    walk.replacements.push({ start: node.start, end: node.end, text })
  } else noteSecret(name, node.start, walk)
}

/** `const { A, B: b = 1 } = import.meta.env`, and `const { env: { A } } = process`. */
function destructuring(pattern: unknown, from: unknown, walk: Walk): void {
  if (!isNode(pattern) || !isNode(from) || pattern.type !== 'ObjectPattern') return
  const source = envObject(from, walk)
  if (source !== undefined) replaceObject(pattern, source, from, walk, (object) => object)
  const outer = source === undefined ? baseObject(from, walk) : undefined
  const [only, ...others] = propertiesOf(pattern)
  if (outer === undefined || others.length > 0 || only?.type !== 'Property' || staticKey(only) !== 'env') return
  const value = unwrap(only.value)
  // `const { env: { A } = {} } = process`: `env` always exists, so the default is never used.
  const inner = value.type === 'AssignmentPattern' && isNode(value.left) ? value.left : value
  if (inner.type === 'ObjectPattern') replaceObject(inner, outer, from, walk, (object) => `{ env: ${object} }`)
}

function replaceObject(pattern: Node, source: Source, from: Node, walk: Walk, wrap: (object: string) => string): void {
  const properties = propertiesOf(pattern)
  const names = properties.map((property) => (property.type === 'Property' ? staticKey(property) : undefined))
  const known = names.filter((name) => name !== undefined)
  for (const [index, name] of names.entries())
    if (name !== undefined && !isPublic(name, walk)) noteSecret(name, properties[index]?.start ?? pattern.start, walk)
  if (!known.some((name) => isPublic(name, walk))) return
  const object = `${source}.env`
  const entries = known.map((name) => {
    const value = isPublic(name, walk) ? valueText(name, source, walk) : memberText(object, name)
    return `${JSON.stringify(name)}: ${value}`
  })
  // Only a rest element or a computed name needs the object itself.
  const rest = known.length === names.length ? [] : [`...${object}`]
  walk.replacements.push({ start: from.start, end: from.end, text: wrap(`{ ${[...rest, ...entries].join(', ')} }`) })
}

/** In the form that bundlers look for and replace. */
function memberText(object: string, name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `${object}.${name}` : `${object}[${JSON.stringify(name)}]`
}

function propertiesOf(pattern: Node): readonly Node[] {
  return Array.isArray(pattern.properties) ? pattern.properties.filter(isNode) : []
}

function isPublic(name: string, { values }: Walk): boolean {
  return Object.hasOwn(values, name)
}

function noteSecret(name: string, offset: number, walk: Walk): void {
  if (walk.isSecret(name)) walk.secrets.push({ name, offset })
}

/** `import.meta.env` or `process.env`, through parentheses, casts and `?.`. */
function envObject(value: unknown, walk: Walk): Source | undefined {
  const node = isNode(value) ? unwrap(value) : undefined
  if (node?.type !== 'MemberExpression' || staticKey(node) !== 'env') return undefined
  return baseObject(node.object, walk)
}

function baseObject(value: unknown, walk: Walk): Source | undefined {
  const node = isNode(value) ? unwrap(value) : undefined
  if (node?.type === 'MetaProperty') return 'import.meta'
  return node?.type === 'Identifier' && node.name === 'process' && !walk.isShadowed(node.start) ? 'process' : undefined
}

/** Whether it is an assignment target: `process.env.X = 1`, `X++`, `delete`, `for (process.env.X of …)`, `[…] = …`. */
function isTarget(node: Node, parents: readonly Node[]): boolean {
  const wrappers = parents.findLastIndex((parent) => unwrap(parent) !== node)
  const parent = parents[wrappers]
  const child = parents[wrappers + 1] ?? node
  switch (parent?.type) {
    case 'AssignmentExpression':
    case 'AssignmentPattern':
    case 'ForInStatement':
    case 'ForOfStatement':
      return parent.left === child
    case 'UnaryExpression':
      return parent.operator === 'delete'
    case 'Property':
      return parent.value === child && parents[wrappers - 1]?.type === 'ObjectPattern'
    case 'UpdateExpression':
    case 'ArrayPattern':
    case 'RestElement':
      return true
    default:
      return false
  }
}

/** The value in a form that can replace the expression. */
function expression(text: string, node: Node, parents: readonly Node[]): string {
  const parent = parents.at(-1)
  const isObject = parent?.type === 'MemberExpression' && parent.object === node
  const isWrapped = /^[{-]/.test(text) || (isObject && /^\d/.test(text))
  const statement = parents.findLast(({ type }) => type === 'ExpressionStatement')
  // Code without semicolons: a bracket at the start of a line would continue the previous line.
  if ((isWrapped || text.startsWith('[')) && statement?.start === node.start)
    return /^[[{]/.test(text) ? `Object(${text})` : `Number(${text})`
  return isWrapped ? `(${text})` : text
}

function positionOf(code: string, offset: number): { line: number; column: number } {
  const before = code.slice(0, offset)
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') }
}
