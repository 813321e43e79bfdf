import { defineCommand, lazy } from '../../command.ts'

export const profile = defineCommand({
  examples: [
    ['systemprompt profile list', 'List the profiles'],
    ['systemprompt profile use production', 'Switch to another profile'],
  ],
  subCommands: {
    list: lazy('List the profiles of the project', async () => (await import('./list.ts')).list),
    show: lazy('Show which profile is used, and why', async () => (await import('./show.ts')).show),
    use: lazy('Make a profile the active one', async () => (await import('./use.ts')).use),
  },
})
