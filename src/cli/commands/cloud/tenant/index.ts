import { defineCommand } from 'citty'
import { lazy } from '../../../lazy.ts'

export const tenant = defineCommand({
  subCommands: {
    list: lazy('List the tenants, those of the cloud and local ones', async () => (await import('./list.ts')).list),
    use: lazy('Make a tenant the active one', async () => (await import('./use.ts')).use),
  },
})
