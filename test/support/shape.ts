import type { Shape } from '../../src/cli/command.ts'

/** A shape in TypeScript's notation. */
export function shapeText(shape: Shape, indent = ''): string {
  if (typeof shape === 'string') return shape.replace('|', ' | ').replace('any', 'unknown')
  if (isList(shape)) return `${shapeText(shape[0], indent)}[]`
  const lines = Object.entries(shape).map(([key, value]) => `${indent}  ${key}: ${shapeText(value, `${indent}  `)}`)
  return `{\n${lines.join('\n')}\n${indent}}`
}

/** Where a document differs from its shape; empty if it does not. */
export function differences(value: unknown, shape: Shape, at = 'the document'): readonly string[] {
  if (typeof shape === 'string') return isOf(value, shape) ? [] : [`${at} is not ${shape}`]
  if (isList(shape)) {
    if (!Array.isArray(value)) return [`${at} is no list`]
    return value.flatMap((item, index) => differences(item, shape[0], `${at}[${index}]`))
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${at} is no object`]
  const ofAny = shape['[name: string]']
  if (ofAny) return Object.entries(value).flatMap(([name, item]) => differences(item, ofAny, `${at}.${name}`))
  const known = new Map(Object.entries(shape).map(([key, of]) => [key.replace('?', ''), { of, key }]))
  const unknown = Object.keys(value).filter((key) => !known.has(key))
  const inside = [...known].flatMap(([name, { of, key }]) => {
    if (Object.hasOwn(value, name)) return differences(Reflect.get(value, name), of, `${at}.${name}`)
    return key.endsWith('?') ? [] : [`${at} lacks ${name}`]
  })
  return [...unknown.map((key) => `${at} has ${key}, which is not documented`), ...inside]
}

function isList(shape: Shape): shape is readonly [Shape] {
  return Array.isArray(shape)
}

function isOf(value: unknown, types: string): boolean {
  return types.split('|').some((type) => {
    if (type === 'any') return true
    if (type === 'null') return value === null
    if (type.endsWith('[]')) return Array.isArray(value) && value.every((item) => isOf(item, type.slice(0, -2)))
    return typeof value === type
  })
}
