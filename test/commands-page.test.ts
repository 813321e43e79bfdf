import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { ArgsDef } from 'citty'
import { expect, test } from 'vitest'
import { COMMANDS } from '../src/cli/commands/index.ts'
import { type Command, loaded } from '../src/cli/lazy.ts'
import { DIFFERENCES } from '../src/emulator/index.ts'

/** docs/commands.md is made from what the commands say of themselves: `DOCS_UPDATE=1 npm test -- test/commands-page.test.ts`. */
const file = fileURLToPath(new URL('../docs/commands.md', import.meta.url))

test('docs/commands.md has every command with its options', async () => {
  const text = await page()
  if (process.env.DOCS_UPDATE) writeFileSync(file, text)
  expect(readFileSync(file, 'utf8')).toBe(text)
})

test('docs/emulator.md has what the emulator prints about its differences', () => {
  const emulatorPage = readFileSync(fileURLToPath(new URL('../docs/emulator.md', import.meta.url)), 'utf8')
  const [, list = ''] = emulatorPage.split('## Where it differs from the service\n\n')
  expect(list.trimEnd().split('\n')).toEqual(DIFFERENCES.map((line) => `- ${line}`))
})

async function page(): Promise<string> {
  const sections = await sectionsOf(COMMANDS, 'systemprompt')
  return `# Commands

Every command with its options. This page is made from what \`--help\` shows. [Command line](cli.md) says what is the same for all of them,
and has the exit codes; with \`--json\` a command prints one JSON document, in every outcome.

${sections.join('\n')}`
}

async function sectionsOf(commands: Readonly<Record<string, Command>>, parent: string): Promise<string[]> {
  const sections: string[] = []
  for (const [word, given] of Object.entries(commands)) {
    const name = `${parent} ${word}`
    const command = await loaded(given, name)
    if (command.run) sections.push(section(name, command))
    sections.push(...(await sectionsOf((command.subCommands ?? {}) as Readonly<Record<string, Command>>, name)))
  }
  return sections
}

function section(name: string, { meta, args }: Command): string {
  const all = Object.entries((args ?? {}) as ArgsDef)
  const words = all.filter(([, { type }]) => type === 'positional')
  const flags = all.filter(([, { type }]) => type !== 'positional')
  const usage = words.map(([word, { required }]) =>
    required === false ? `[${word.toUpperCase()}]` : word.toUpperCase(),
  )
  const description = (meta as { description?: string } | undefined)?.description ?? ''
  const rows = [...words.map(wordRow), ...flags.map(flagRow)]
  return `## ${name.replace('systemprompt ', '')}

${description}: \`${[name, ...usage].join(' ')}\`

| | |
|---|---|
${rows.join('\n')}
`
}

type Definition = ArgsDef[string]

function wordRow([word, { description = '' }]: [string, Definition]): string {
  return `| \`${word.toUpperCase()}\` | ${cell(description)} |`
}

function flagRow([flag, definition]: [string, Definition]): string {
  const hint =
    'valueHint' in definition && definition.valueHint ? ` <${definition.valueHint.replaceAll('|', '\\|')}>` : ''
  const alias = 'alias' in definition && typeof definition.alias === 'string' ? `\`-${definition.alias}\`, ` : ''
  return `| ${alias}\`--${flag}${hint}\` | ${cell(definition.description ?? '')} |`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}
