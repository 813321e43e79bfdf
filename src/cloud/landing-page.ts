const TEXTS = {
  done: ['You are logged in', 'Close this window and go back to your terminal.', 'systemprompt cloud auth whoami', '✓'],
  failed: [
    'The login did not succeed',
    'Your terminal says why. You can start again with',
    'systemprompt cloud auth login',
    '!',
  ],
  wrong: [
    'This is not the end of a login',
    'Open the address that your terminal shows, or start again with',
    'systemprompt cloud auth login',
    '?',
  ],
} as const

/** The page that the browser ends on. It holds no script, loads nothing and knows no token. */
export function landingPage(kind: keyof typeof TEXTS): string {
  const [title, text, command, mark] = TEXTS[kind]
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>
:root { color-scheme: light dark; --back: #fff; --text: #1c1e21; --faint: #62666d; --accent: #0b6e4f }
@media (prefers-color-scheme: dark) { :root { --back: #17191c; --text: #e8eaed; --faint: #9aa0a6; --accent: #5fd3a6 } }
body { margin: 0; background: var(--back); color: var(--text); font: 1rem/1.5 system-ui, sans-serif }
main { box-sizing: border-box; max-width: 30rem; margin: 0 auto; padding: 20vh 1.5rem 2rem; text-align: center }
.mark { font-size: 2.5rem; line-height: 1; color: var(--accent) }
h1 { font-size: 1.5rem; font-weight: 600; margin: 1rem 0 .5rem }
p { color: var(--faint); margin: .5rem 0 }
code { color: var(--text); font: .875rem ui-monospace, monospace }
</style>
<main>
<div class="mark" aria-hidden="true">${mark}</div>
<h1>${title}</h1>
<p>${text}</p>
<p><code>${command}</code></p>
</main>
</html>
`
}
