import type { PublicValue } from '../src/index.ts'

/** A value as JavaScript source, safe within a `<script>` of a page. */
export function literalOf(value: PublicValue): string {
  return JSON.stringify(value).replace(/<(?=\/script|!--)/gi, '\\x3C')
}

/** What the values are called in code that gets them when it runs. */
export const RUNTIME = '__systemprompt_public__'

/** What `process.env` would hold: text, whatever the type of the value. */
export function textOf(value: PublicValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
