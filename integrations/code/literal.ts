import type { PublicValue, PublicValues } from '../../src/index.ts'

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
  /** What holds the values when the code runs; it is put in place of them. */
  readonly runtime?: string
}

/** What stands in code for a value that is there. */
export function valueText(name: string, source: Source, { values, runtime }: ValueOptions): string {
  const value = values[name] ?? null
  if (runtime === undefined) return literalOf(source === 'process' ? textOf(value) : value)
  const member = `${runtime}.${name}`
  if (source === 'import.meta' || typeof value === 'string') return member
  return typeof value === 'object' ? `JSON.stringify(${member})` : `String(${member})`
}

/** What `process.env` would hold: text, whatever the type of the value. */
function textOf(value: PublicValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
