/** The content of a page; `body` is HTML. */
export interface PageContent {
  readonly title: string
  readonly body: string
  readonly tone: 'good' | 'bad' | 'plain'
}

/** Drawn, since a font may lack a symbol or show it as a picture. */
const SIGNS = {
  good: '<path d="M7 12.5l3.5 3.5L17 9"/>',
  bad: '<path d="M12 7v6.5M12 16.5v.5"/>',
  plain: '<path d="M8 12h8M12.5 7.5L17 12l-4.5 4.5"/>',
} as const

/** A page that loads nothing and runs nothing, for light and dark mode and for narrow and wide screens. */
export function page({ title, body, tone }: PageContent): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${title} · SystemPrompt</title>
<style>${STYLE}</style>
</head>
<body>
<main class="${tone}">
<svg viewBox="0 0 24 24" aria-hidden="true">${SIGNS[tone]}</svg>
<h1>${title}</h1>
${body}
</main>
<footer>SystemPrompt</footer>
</body>
</html>
`
}

const STYLE = `
:root {
  color-scheme: light dark;
  --back: #f5f6f8; --card: #fff; --line: #dfe2e7; --text: #1a1d21; --faint: #596069;
  --good: #0a6b4b; --good-back: #e3f4ec; --bad: #a3341f; --bad-back: #fbeae6; --plain: #2f4fb5; --plain-back: #e8edfb;
  --on: #fff; --control: #858c96;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #121417; --card: #1b1e22; --line: #31363d; --text: #eceef1; --faint: #a4abb5;
    --good: #63d6a8; --good-back: #17332a; --bad: #f39a86; --bad-back: #3b211b; --plain: #9db4ff; --plain-back: #212a45;
    --on: #10131a; --control: #7b838d;
  }
}
* { box-sizing: border-box }
body {
  margin: 0; min-height: 100vh; padding: 1.5rem 1rem; display: grid; grid-template-rows: 1fr auto;
  justify-items: center; align-items: center; gap: 1.5rem;
  background: var(--back); color: var(--text); font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", sans-serif;
}
main {
  width: 100%; max-width: 27rem; padding: 2rem 1.75rem; background: var(--card); border: 1px solid var(--line);
  border-radius: 14px; box-shadow: 0 1px 2px #0000000d, 0 8px 24px #0000000f;
}
svg {
  width: 2.75rem; height: 2.75rem; padding: .25rem; border-radius: 50%; fill: none; stroke: currentColor;
  stroke-width: 2; stroke-linecap: round; stroke-linejoin: round;
}
.good svg { color: var(--good); background: var(--good-back) }
.bad svg { color: var(--bad); background: var(--bad-back) }
.plain svg { color: var(--plain); background: var(--plain-back) }
h1 { margin: 1rem 0 .375rem; font-size: 1.375rem; line-height: 1.3; font-weight: 650; letter-spacing: -.01em; text-wrap: balance }
p { margin: 0 0 1rem; color: var(--faint) }
.next { margin: 1.25rem 0 0; padding-top: 1.25rem; border-top: 1px solid var(--line); font-size: .875rem }
code {
  display: block; margin-top: .375rem; padding: .5rem .75rem; border: 1px solid var(--line); border-radius: 8px;
  background: var(--back); color: var(--text); font: .875rem/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace;
  overflow-wrap: anywhere;
}
label { display: block; margin-bottom: .375rem; font-size: .875rem; font-weight: 600 }
select, button {
  font: inherit; min-height: 2.75rem; border-radius: 8px; border: 1px solid var(--control); background: var(--card);
  color: var(--text);
}
select { width: 100%; padding: 0 .625rem; margin-bottom: 1.25rem }
button { padding: 0 1.125rem; font-weight: 600; cursor: pointer }
button:hover { background: var(--back) }
.first { flex-basis: 8rem; background: var(--plain); border-color: var(--plain); color: var(--on) }
.first:hover { background: var(--plain); filter: brightness(1.08) }
.actions { display: flex; flex-wrap: wrap; gap: .625rem }
.actions button { flex-grow: 1 }
@media (max-width: 26rem) { .first { flex-basis: 100% } }
:focus-visible { outline: 3px solid var(--plain); outline-offset: 2px }
footer { color: var(--faint); font-size: .8125rem }
`
