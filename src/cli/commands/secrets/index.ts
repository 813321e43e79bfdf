import { defineCommand, lazy } from '../../command.ts'

export const secrets = defineCommand({
  examples: [
    ['systemprompt secrets list', 'List the names of the secrets'],
    ['systemprompt secrets set ANTHROPIC_API_KEY', 'Prompt for a value and store it'],
  ],
  subCommands: {
    set: lazy('Set secrets in secrets.json', async () => (await import('./set.ts')).set),
    unset: lazy('Remove secrets from secrets.json', async () => (await import('./unset.ts')).unset),
    list: lazy('List the names of the secrets in secrets.json', async () => (await import('./list.ts')).list),
    get: lazy('Print one secret; asks first', async () => (await import('./get.ts')).get),
    sync: lazy('The same as cloud secrets sync', async () => (await import('../cloud/secrets/sync.ts')).sync),
    generate: lazy('Write a new random value to secrets.json', async () => (await import('./generate.ts')).generate),
  },
})
