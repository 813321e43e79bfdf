import type { PublicValue, PublicValues } from './public-values.ts'

/** The default name of the file with the types. */
export const TYPES_FILE = 'systemprompt-env.d.ts'

/**
 * The declarations that type `@systemprompt/env/public`, `import.meta.env` and `process.env` for a project: names and
 * types of its public values, never a value. Equal values give equal text.
 */
export function publicTypes(values: PublicValues): string {
  const names = Object.keys(values).sort()
  const types = names.map((name) => [name, typeOf(values[name] ?? null)] as const)
  const constants = types.map(([name, type]) => `  export const ${name}: ${type}`)
  const whole = freeName('values', names)
  const members = types.map(([name, type]) => `    readonly ${name}: ${type}`)
  return `${[
    '// Written by @systemprompt/env: names and types of the public values, never a value. Do not edit.',
    '',
    "declare module '@systemprompt/env/public' {",
    ...constants,
    `  const ${whole}: {`,
    ...members,
    '  }',
    `  export default ${whole}`,
    '}',
    '',
    "declare module 'virtual:systemprompt/public' {",
    "  export * from '@systemprompt/env/public'",
    "  export { default } from '@systemprompt/env/public'",
    '}',
    '',
    'interface ImportMetaEnv {',
    ...types.map(([name, type]) => `  readonly ${name}: ${type}`),
    '}',
    '',
    'interface ImportMeta {',
    '  readonly env: ImportMetaEnv',
    '}',
    '',
    'declare namespace NodeJS {',
    '  interface ProcessEnv {',
    // Optional: a program may build an environment without them for a child process.
    ...names.map((name) => `    readonly ${name}?: string`),
    '  }',
    '}',
  ].join('\n')}\n`
}

/** A public value may have any name. */
function freeName(name: string, taken: readonly string[]): string {
  return taken.includes(name) ? freeName(`${name}_`, taken) : name
}

function typeOf(value: PublicValue): string {
  if (value === null) return 'string | number | boolean | null'
  if (typeof value !== 'object') return typeof value
  if (isList(value)) return listType(value)
  const members = Object.entries(value).map(([key, item]) => `readonly ${propertyName(key)}: ${typeOf(item)}`)
  return members.length === 0 ? 'Readonly<Record<string, never>>' : `{ ${members.join('; ')} }`
}

function listType(items: readonly PublicValue[]): string {
  const types = [...new Set(items.map(typeOf))].sort()
  return `readonly (${types.length === 0 ? 'unknown' : types.join(' | ')})[]`
}

function isList(value: PublicValue): value is readonly PublicValue[] {
  return Array.isArray(value)
}

function propertyName(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key)
}
