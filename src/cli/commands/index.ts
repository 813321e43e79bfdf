import { type Command, lazy } from '../lazy.ts'

/** Every command by its first word, in the order of the help. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  config: lazy(
    'Check, show and explain the resolved configuration',
    async () => (await import('./config/index.ts')).config,
  ),
  public: lazy(
    'Print the public values as JSON, for a build that is deployed to many places',
    async () => (await import('./public.ts')).publicCommand,
  ),
  run: {
    ...lazy('Run a program with the secrets and variables of a profile', async () => (await import('./run.ts')).run),
    takesProgram: true,
  },
  scan: {
    ...lazy('Search files, or what git is about to commit, for secrets', async () => (await import('./scan.ts')).scan),
    takesMany: true,
  },
}
