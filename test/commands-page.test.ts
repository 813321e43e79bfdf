import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { Command } from '../src/cli/command.ts'
import { COMMANDS } from '../src/cli/commands/index.ts'
import { flagText, partsOf, usageOf } from '../src/cli/help.ts'
import { EXIT } from '../src/cli/io.ts'
import { DIFFERENCES } from '../src/emulator/index.ts'
import { ALWAYS, commandsOf } from './support/commands.ts'
import { shapeText } from './support/shape.ts'

/** docs/commands.md is generated from the definitions of the commands: `DOCS_UPDATE=1 npm test -- test/commands-page.test.ts`. */
const file = fileURLToPath(new URL('../docs/commands.md', import.meta.url))

test('docs/commands.md has every command with its options', async () => {
  const text = await page()
  if (process.env.DOCS_UPDATE) writeFileSync(file, text)
  expect(readFileSync(file, 'utf8')).toBe(text)
})

test('docs/emulator.md lists the differences that the emulator prints', () => {
  const emulatorPage = readFileSync(fileURLToPath(new URL('../docs/emulator.md', import.meta.url)), 'utf8')
  const [, list = ''] = emulatorPage.split('## Where it differs from the service\n\n')
  expect(list.trimEnd().split('\n')).toEqual(DIFFERENCES.map((line) => `- ${line}`))
})

async function page(): Promise<string> {
  const sections = (await commandsOf(COMMANDS, 'systemprompt')).map(([name, command]) => section(name, command))
  return `# Commands

Every command with its options, its output and its exit codes. This page is generated from what \`--help\` shows.
[Command line](cli.md) describes what all commands have in common.

Every command can exit with ${ALWAYS.map(codeText).join(', ')}; its section lists its other exit codes.
With \`--json\` a command always prints one JSON document: the one in its section, or \`{ "ok": false, "error": … }\` if
nothing could be done.

${sections.join('\n')}`
}

const MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: 'success',
  unexpected: 'unexpected error',
  usage: 'invalid command line',
  notLoggedIn: 'not logged in, or login expired',
  forbidden: 'forbidden',
  notFound: 'not found',
  validation: 'invalid',
  conflict: 'conflict',
  partial: 'partly done',
  network: 'network error or timeout',
  rateLimited: 'rate-limited',
  refused: 'refused',
  programNotStarted: 'the program cannot be started',
  programNotFound: 'the program was not found',
  interrupted: 'interrupted',
}

function codeText(name: keyof typeof EXIT): string {
  return `${EXIT[name]} (${MEANINGS[name]})`
}

function section(name: string, command: Command): string {
  const { description, args = {}, examples = [], output, json, exits = [] } = command
  const { words, flags } = partsOf(args)
  const rows = [
    ...words.map(([word, { description }]) => `| \`${word.toUpperCase()}\` | ${cell(description)} |`),
    ...flags.map(
      ([flag, definition]) => `| \`${cell(flagText(flag, definition))}\` | ${cell(definition.description)} |`,
    ),
  ]
  const codes = [...exits].sort((one, other) => EXIT[one] - EXIT[other]).map(codeText)
  return `## ${name.replace('systemprompt ', '')}

${description}: \`${usageOf(command)}\`

${examples.map(([line, what]) => `- \`${line}\`: ${what}`).join('\n')}

| | |
|---|---|
${rows.join('\n')}

Prints: ${output}
${json === undefined ? '' : `\n\`\`\`ts\ntype Json = ${shapeText(json)}\n\`\`\`\n`}${codes.length === 0 ? '' : `\nExit codes: ${codes.join(', ')}.\n`}`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}
