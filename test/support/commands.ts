import { type Command, loaded } from '../../src/cli/command.ts'

/** Exit codes of every command. */
export const ALWAYS = ['ok', 'unexpected', 'usage', 'interrupted'] as const

/** Every command that can be run, by its full name, in the order of the help. */
export async function commandsOf(
  commands: Readonly<Record<string, Command>>,
  parent: string,
): Promise<readonly (readonly [name: string, command: Command])[]> {
  const found: (readonly [string, Command])[] = []
  for (const [word, given] of Object.entries(commands)) {
    const name = `${parent} ${word}`
    const command = await loaded(given, name)
    if (command.run) found.push([name, command])
    found.push(...(await commandsOf(command.subCommands ?? {}, name)))
  }
  return found
}
