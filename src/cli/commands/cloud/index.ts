import { defineCommand, lazy } from '../../command.ts'

export const cloud = defineCommand({
  examples: [
    ['systemprompt cloud auth login', 'Log in with the browser'],
    ['systemprompt cloud secrets sync --dry-run', 'Show what would be sent'],
  ],
  subCommands: {
    auth: lazy('Log in and out, and see who is logged in', async () => (await import('./auth/index.ts')).auth),
    secrets: lazy(
      'Sync, set and remove the secrets of a tenant',
      async () => (await import('./secrets/index.ts')).secrets,
    ),
    tenant: lazy('List tenants and choose one', async () => (await import('./tenant/index.ts')).tenant),
    emulator: lazy('Run a local SystemPrompt Cloud', async () => (await import('./emulator/run.ts')).emulator),
    login: lazy('The same as auth login', async () => (await import('./auth/login.ts')).login),
    logout: lazy('The same as auth logout', async () => (await import('./auth/logout.ts')).logout),
  },
})
