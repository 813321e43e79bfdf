import { type PageContent, page } from './page.ts'

interface PageText {
  readonly title: string
  readonly says: string
  readonly next: string
  readonly command: string
  readonly tone: PageContent['tone']
}

const LOGIN = 'systemprompt cloud auth login'

const TEXTS = {
  done: {
    title: 'You are logged in',
    says: 'Close this window and go back to your terminal.',
    next: 'To see who commands act as:',
    command: 'systemprompt cloud auth whoami',
    tone: 'good',
  },
  failed: {
    title: 'The login failed',
    says: 'Your terminal says why. You can close this window.',
    next: 'To try again:',
    command: LOGIN,
    tone: 'bad',
  },
  wrong: {
    title: 'This page does not belong to a login',
    says: 'Open the URL that your terminal shows. It is valid for one login.',
    next: 'To start a new one:',
    command: LOGIN,
    tone: 'bad',
  },
} as const satisfies Record<string, PageText>

/** The page that the browser ends on. It has no script, loads nothing and contains no token. */
export function landingPage(kind: keyof typeof TEXTS): string {
  const { title, says, next, command, tone } = TEXTS[kind]
  return page({ title, tone, body: `<p>${says}</p>\n<p class="next">${next}<code>${command}</code></p>` })
}
