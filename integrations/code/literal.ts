import type { PublicValue, PublicValues } from '../../src/index.ts'

/** A value as JavaScript source, safe inside a page's `<script>`. */
export function literalOf(value: PublicValue): string {
  return JSON.stringify(value).replace(/<(?=\/script|!--)/gi, '\\x3C')
}

/** The name of the values in code that gets them at run time. */
export const RUNTIME = '__systemprompt_public__'

/** The objects that code reads from: `import.meta.env` keeps types, `process.env` holds strings, as in Node. */
export type Source = 'import.meta' | 'process'

export interface ValueOptions {
  readonly values: PublicValues
  /** The expression that holds the values at run time; it is inserted instead of them. */
  readonly runtime?: string
}

/** The source text that replaces a read of an existing value. */
export function valueText(name: string, source: Source, { values, runtime }: ValueOptions): string {
  const value = values[name] ?? null
  if (runtime === undefined) return literalOf(source === 'process' ? textOf(value) : value)
  const member = `${runtime}.${name}`
  if (source === 'import.meta' || typeof value === 'string') return member
  return typeof value === 'object' ? `JSON.stringify(${member})` : `String(${member})`
}

/** What `process.env` would hold: a string, whatever the type of the value. */
export function textOf(value: PublicValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
