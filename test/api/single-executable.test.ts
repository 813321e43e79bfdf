import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Ended, start } from '../support/installed.ts'
import { makeProject } from '../support/temp-project.ts'

const library = fileURLToPath(new URL('../../dist/index.js', import.meta.url))

const SERVER = `import { loadConfig } from ${JSON.stringify(library)}

loadConfig().then(({ config }) => console.log(config.greeting), ({ message }) => console.log(message))
`

/** Whether this Node can build a single executable; an older one needs a package for that. */
const isMaker = Number.parseInt(process.versions.node, 10) >= 26

describe.runIf(isMaker)('a single executable of Node, which can import only built-in modules,', () => {
  let executable: string
  beforeAll(async () => {
    const root = makeProject({
      'server.js': SERVER,
      'sea.json': '{ "main": "server.cjs", "output": "server", "disableExperimentalSEAWarning": true }',
    })
    await build({
      absWorkingDir: root,
      entryPoints: ['server.js'],
      outfile: 'server.cjs',
      bundle: true,
      platform: 'node',
      logLevel: 'error',
    })
    expect(await start({ cwd: root, args: ['--build-sea', 'sea.json'] })).toMatchObject({ code: 0 })
    executable = join(root, 'server')
  })

  function startWith(name: string, content: string): Promise<Ended> {
    const cwd = makeProject({ [name]: content, 'greeting.mjs': 'export const greeting = "hello"' })
    return start({ cwd, command: executable, args: [] })
  }

  test.each([
    ['systemprompt.config.mjs', 'import { greeting } from "./greeting.mjs"\nexport default { defaults: { greeting } }'],
    ['systemprompt.config.cjs', 'exports.defaults = { greeting: "hello" }'],
    [
      'systemprompt.config.ts',
      'const greeting: string = "hello"\nexport default async () => ({ defaults: { greeting } })',
    ],
    ['systemprompt.config.json', '{ "defaults": { "greeting": "hello" } }'],
  ])('reads %s', async (name, content) => {
    expect(await startWith(name, content)).toEqual({ code: 0, out: 'hello\n', err: '' })
  })

  test.each(['mjs', 'mts'])('says how to avoid top-level await in a .%s file', async (extension) => {
    const { out } = await startWith(`systemprompt.config.${extension}`, 'await 0\nexport default {}')
    expect(out).toContain(
      `systemprompt.config.${extension}  cannot be loaded: a single executable cannot import a module with top-level await  → export an async function instead of an await at its top`,
    )
  })

  test.each([
    ['mjs', 'import "node:nothing"', 'No such built-in module: node:nothing'],
    ['ts', 'throw new Error("of its own")', 'of its own'],
    ['ts', 'const a: = 1', 'Unexpected token `=`'],
  ])('says why a .%s file cannot be loaded', async (extension, content, why) => {
    const { out } = await startWith(`systemprompt.config.${extension}`, content)
    expect(out).toContain(`systemprompt.config.${extension}  cannot be loaded: ${why}`)
  })
})
