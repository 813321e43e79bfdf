import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { writeFiles } from '../support/temp-project.ts'
import { buildWith, type Configure, copyApp, type Host } from './hosts.ts'

const CODE = "export const all = [process.env.site_name, process.env.DATABASE_URL, 'written as it is']\n"
const SECRET = 'sk-ant-canary-5d0be1c7f3a94826'
const options = { public: ['site.name'] }

const RULES = [
  { resourceQuery: /raw/, type: 'asset/source' },
  { resourceQuery: /inline/, type: 'asset/inline' },
  { resourceQuery: /file/, type: 'asset/resource' },
]

const AS_TEXT: Configure = {
  webpack: (config) => ({ ...config, module: { rules: RULES } }),
  rspack: (config) => ({ ...config, module: { rules: RULES } }),
  rsbuild: (config) => ({
    ...config,
    tools: { rspack: (_, { addRules }) => addRules(RULES) },
  }),
  rolldown: (config) => ({ ...config, moduleTypes: { '.code.js': 'text' } }),
  esbuild: (config) => ({ ...config, target: 'es2022', loader: { '.js': 'js', '.code.js': 'text' } }),
}

const HOSTS = ['webpack', 'rspack', 'rsbuild'] as const

async function build(host: Host, code: string, script = CODE) {
  const root = copyApp()
  writeFiles(root, { 'src/it.js': code, 'src/script.code.js': script, 'src/script.js': script })
  return buildWith(host, { root, consumer: 'client', entry: 'src/it.js', options, configure: AS_TEXT })
}

const printed = (entry: string): string =>
  execFileSync(process.execPath, ['--input-type=module', '-e', readFileSync(entry, 'utf8')], { encoding: 'utf8' })

describe('JavaScript that is imported as text', () => {
  test.each([
    ...HOSTS.map((host) => [host, './script.code.js?raw'] as const),
    ['vite', './script.code.js?raw'],
    ['rolldown', './script.code.js'],
    ['esbuild', './script.code.js'],
  ] as const)('is unchanged, with %s', async (host, specifier) => {
    const { error, entry } = await build(host, `import text from '${specifier}'\nconsole.log(text)\n`)
    expect(error).toBeUndefined()
    expect(printed(entry)).toBe(`${CODE}\n`)
  })

  test.each([
    ...HOSTS.map((host) => [host, 'text'] as const),
    ['webpack', 'bytes'],
    ['rspack', 'bytes'],
    ['esbuild', 'text'],
    ['esbuild', 'bytes'],
  ] as const)('is unchanged with %s and the import attribute type: %s', async (host, type) => {
    const { error, entry } = await build(
      host,
      `import it from './script.js' with { type: '${type}' }\nprocess.stdout.write(it)\n`,
    )
    expect(error).toBeUndefined()
    expect(printed(entry)).toBe(CODE)
  })

  test.each(['webpack', 'rspack'] as const)('is unchanged as a data: URL, with %s', async (host) => {
    const { error, entry } = await build(host, "import url from './script.code.js?inline'\nconsole.log(url)\n")
    expect(error).toBeUndefined()
    const [, data = ''] = printed(entry).split('base64,')
    expect(Buffer.from(data, 'base64').toString()).toBe(CODE)
  })

  test.each([
    ['webpack', "import url from './script.code.js?file'\nconsole.log(url)\n"],
    ['rspack', "import url from './script.code.js?file'\nconsole.log(url)\n"],
    ...HOSTS.map((host) => [host, "console.log(new URL('./script.code.js', import.meta.url))\n"] as const),
  ] as const)('is unchanged as a file, with %s: %s', async (host, code) => {
    const { error, files } = await build(host, code)
    expect(error).toBeUndefined()
    expect([...files.values()].map(String)).toContain(CODE)
  })

  test.each(HOSTS)('is still searched for secrets, with %s', async (host) => {
    const { error, files } = await build(
      host,
      "import text from './script.code.js?raw'\nconsole.log(text)\n",
      `'${SECRET}'\n`,
    )
    expect(error).toContain('ANTHROPIC_API_KEY')
    expect([...files.values()].join()).not.toContain(SECRET)
  })
})
