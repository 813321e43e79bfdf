import { type Command, lazy } from '../command.ts'

/** Every command by its first word, in the order of the help. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  init: lazy('Create a project: a profile, its secrets and a justfile', async () => (await import('./init.ts')).init),
  config: lazy(
    'Check, show and explain the resolved configuration',
    async () => (await import('./config/index.ts')).config,
  ),
  public: lazy(
    'Print the public values as JSON, for one build deployed to many environments',
    async () => (await import('./public.ts')).publicCommand,
  ),
  run: lazy('Run a program with the secrets and variables of a profile', async () => (await import('./run.ts')).run),
  export: lazy(
    'Print the secrets and variables of a profile for a shell, a container or a file',
    async () => (await import('./export.ts')).exportCommand,
  ),
  scan: lazy('Search files, or what git is about to commit, for secrets', async () => (await import('./scan.ts')).scan),
  profile: lazy('List profiles and choose one', async () => (await import('./profile/index.ts')).profile),
  secrets: lazy(
    'Change the secrets of a profile on this machine',
    async () => (await import('./secrets/index.ts')).secrets,
  ),
  cloud: lazy(
    'Log in to SystemPrompt Cloud, and manage its secrets',
    async () => (await import('./cloud/index.ts')).cloud,
  ),
  completion: lazy(
    'Print a completion script for bash, zsh or fish',
    async () => (await import('./completion.ts')).completion,
  ),
}
