import { type Command, lazy } from '../lazy.ts'

/** Every command by its first word, in the order of the help. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  config: lazy(
    'Check, show and explain the resolved configuration',
    async () => (await import('./config/index.ts')).config,
  ),
}
