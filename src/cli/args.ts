/** What a command was given, by the names of its flags. */
export type Args = Readonly<Record<string, unknown>>

/** A text that says something; undefined where it is absent or empty. */
export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
