import { defineCommand, lazy } from '../../../command.ts'

export const tenant = defineCommand({
  examples: [
    ['systemprompt cloud tenant list', 'List your tenants'],
    ['systemprompt cloud tenant use tenant_def456', 'Switch to another tenant'],
  ],
  subCommands: {
    list: lazy('List tenants, both cloud and local', async () => (await import('./list.ts')).list),
    use: lazy('Make a tenant the active one', async () => (await import('./use.ts')).use),
  },
})
