import { defineCommand, lazy } from '../../../command.ts'

export const auth = defineCommand({
  examples: [
    ['systemprompt cloud auth login', 'Log in with the browser'],
    ['systemprompt cloud auth whoami', 'Who commands act as'],
  ],
  subCommands: {
    login: lazy('Log in with GitHub or Google', async () => (await import('./login.ts')).login),
    logout: lazy('Log out', async () => (await import('./logout.ts')).logout),
    whoami: lazy('Show who is logged in, where, and until when', async () => (await import('./whoami.ts')).whoami),
  },
})
