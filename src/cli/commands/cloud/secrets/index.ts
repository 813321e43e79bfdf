import { defineCommand, lazy } from '../../../command.ts'

export const secrets = defineCommand({
  examples: [
    ['systemprompt cloud secrets sync --dry-run', 'Show what would be sent'],
    ['systemprompt cloud secrets list', 'List the secrets of the tenant'],
  ],
  subCommands: {
    sync: lazy('Send what has changed in secrets.json', async () => (await import('./sync.ts')).sync),
    set: lazy('Set secrets in the cloud', async () => (await import('./set.ts')).set),
    unset: lazy('Remove secrets from the cloud', async () => (await import('./unset.ts')).unset),
    list: lazy('List the names of the secrets in the cloud', async () => (await import('./list.ts')).list),
    diff: lazy('Compare secrets.json with the cloud', async () => (await import('./diff.ts')).diff),
    audit: lazy('Show who did what to which secret', async () => (await import('./audit.ts')).audit),
    cleanup: lazy(
      'Remove secrets that should never have been sent',
      async () => (await import('./cleanup.ts')).cleanup,
    ),
    rotate: lazy('Replace a secret locally and in the cloud', async () => (await import('./rotate.ts')).rotate),
  },
})
