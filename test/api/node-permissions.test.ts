import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { beforeAll, expect, test } from 'vitest'
import { bundleForChild } from '../support/bundle.ts'
import { type Ended, start } from '../support/installed.ts'
import { makeProject, PROFILE } from '../support/temp-project.ts'

const FLAG = process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission'

let library = ''
beforeAll(async () => {
  library = await bundleForChild(fileURLToPath(new URL('../../src/index.ts', import.meta.url)))
})

interface Permitted {
  /** What is allowed beside the library and the program; the project as a whole where it is left out. */
  readonly only?: string
  readonly env?: Readonly<Record<string, string>>
}

/** Runs a program in a project, under Node's permission model; it finds the functions of the library. */
function run(program: string, { only = '', env = {} }: Permitted = {}): Promise<Ended> {
  const cwd = makeProject({
    [PROFILE]: 'secrets: {validation: skip, source: env}\n',
    'program.mjs': `import { writeFileSync } from 'node:fs'
      import { loadConfig, watchConfig } from ${JSON.stringify(pathToFileURL(library).href)}
      ${program}`,
    'inner/.env': 'GREETING=hello\n',
  })
  // Node 20 forgets a directory when a file in it is named as well.
  const project = only === '' ? [`${cwd}/`] : [join(cwd, 'program.mjs'), join(cwd, only)]
  const read = [`${dirname(library)}/`, ...project]
  const flags = ['--no-warnings', FLAG, ...read.map((path) => `--allow-fs-read=${path}`), `--allow-fs-write=${cwd}/`]
  return start({ cwd, args: [...flags, 'program.mjs'], env })
}

const LOAD = 'await loadConfig().catch(({ message }) => console.log(message))'

test('a change is seen where nothing above the project may be looked at', async () => {
  const { out, err } = await run(`
    const watcher = await watchConfig({}, { onChange: ({ changes }) => (console.log(changes[0].path), watcher.close()) })
    setTimeout(() => watcher.close(), 10_000).unref()
    writeFileSync('.env', 'GREETING=hello')`)
  expect({ out, err }).toEqual({ out: 'env.GREETING\n', err: '' })
})

test.each<[string, Permitted]>([
  ['the working directory', { only: 'inner/' }],
  ['a profile elsewhere', { env: { SYSTEMPROMPT_PROFILE: '/nowhere/profile.yaml' } }],
  ['a secret elsewhere', { env: { JWT_SECRET_FILE: '/nowhere/secret' } }],
  ['secrets elsewhere', { env: { SYSTEMPROMPT_SECRETS_DIR: '/nowhere/secrets' } }],
])('what may not be read is not taken for what is not there: %s', async (_, permitted) => {
  const { out, err } = await run(LOAD, permitted)
  expect({ out, err }).toEqual({ out: expect.stringContaining("Node's permissions do not allow it"), err: '' })
  expect(out).toContain('--allow-fs-read')
})
