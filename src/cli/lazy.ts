import type { ArgsDef, CommandDef } from 'citty'

/** A command, or what the help says of one that is loaded when it is called. */
export type Command = CommandDef & {
  readonly load?: () => Promise<Command>
  /** What follows its own flags is a program with its arguments, and not ours to look at. */
  readonly takesProgram?: true
  /** It has any number of arguments. */
  readonly takesMany?: true
}

/**
 * A command whose code, and the library with it, is read only when the command is called: `--help` and
 * `--version` cost what Node costs. The description stands here alone; the name follows from its place.
 */
export function lazy<Args extends ArgsDef>(description: string, load: () => Promise<CommandDef<Args>>): Command {
  // A command takes its own arguments, and only the parser knows that it gets them.
  return { meta: { description }, load: load as unknown as () => Promise<Command> }
}

/** The command itself, under the name that led to it. */
export async function loaded(command: Command, name: string): Promise<Command> {
  const { load, meta, ...own } = command
  return { ...own, ...(load ? await load() : {}), meta: { ...meta, name } }
}
