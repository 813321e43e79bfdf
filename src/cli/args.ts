/** The arguments of a command, by the names of its flags. */
export type Args = Readonly<Record<string, unknown>>

/** The value if it is a string that is not empty; undefined otherwise. */
export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
