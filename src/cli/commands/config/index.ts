import { defineCommand, lazy } from '../../command.ts'

export const config = defineCommand({
  examples: [
    ['systemprompt config show', 'Everything, with the origin of every value'],
    ['systemprompt config check --profile production', 'Before a deployment'],
  ],
  subCommands: {
    check: lazy(
      'Check everything: required keys, types, secrets, file modes, git',
      async () => (await import('./check.ts')).check,
    ),
    show: lazy('Show the resolved configuration, with secrets masked', async () => (await import('./show.ts')).show),
    explain: lazy(
      'Explain where a value comes from and what it overrides',
      async () => (await import('./explain.ts')).explain,
    ),
    types: lazy('Write TypeScript types for the public values', async () => (await import('./types.ts')).types),
  },
})
