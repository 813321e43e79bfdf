import { defineCommand, lazy } from '../../command.ts'

export const config = defineCommand({
  examples: [
    ['systemprompt config show', 'Everything, with the place of every value'],
    ['systemprompt config check --profile production', 'Before a deployment'],
  ],
  subCommands: {
    check: lazy(
      'Check everything: required keys, types, secrets, file modes, git',
      async () => (await import('./check.ts')).check,
    ),
    show: lazy('Show the resolved configuration, secrets masked', async () => (await import('./show.ts')).show),
    explain: lazy(
      'Say where a value comes from, and what it overrode',
      async () => (await import('./explain.ts')).explain,
    ),
    types: lazy('Write the types of the public values, for TypeScript', async () => (await import('./types.ts')).types),
  },
})
