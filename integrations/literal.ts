import type { PublicValue, PublicValues } from '../src/index.ts'

/** A value as JavaScript source, safe within a `<script>` of a page. */
export function literalOf(value: PublicValue): string {
  return JSON.stringify(value).replace(/<(?=\/script|!--)/gi, '\\x3C')
}

/** What the values are called in code that gets them when it runs. */
export const RUNTIME = '__systemprompt_public__'

/** What code can read from: `import.meta.env` keeps types, `process.env` holds text as it does in Node. */
export type Source = 'import.meta' | 'process'

export interface ValueOptions {
  readonly values: PublicValues
  /** Put a reference in place of the value. @default false */
  readonly isRuntime?: boolean
}

/** What stands in code for a value that is there. */
export function valueText(name: string, source: Source, { values, isRuntime }: ValueOptions): string {
  const value = values[name] ?? null
  if (!isRuntime) return literalOf(source === 'process' ? textOf(value) : value)
  const member = `${RUNTIME}.${name}`
  if (source === 'import.meta' || typeof value === 'string') return member
  return typeof value === 'object' ? `JSON.stringify(${member})` : `String(${member})`
}

/** What `process.env` would hold: text, whatever the type of the value. */
function textOf(value: PublicValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
