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
  /** The only part of the project that may be read, besides the program. @default the whole project */
  readonly only?: string
  /** Another path that may be read, `*` for every path. */
  readonly also?: string
  readonly env?: Readonly<Record<string, string>>
}

/** Runs a program in a project under Node's permission model, with the functions of the library imported. */
function run(program: string, { only = '', also, env = {} }: Permitted = {}): Promise<Ended> {
  const cwd = makeProject({
    [PROFILE]: 'secrets: {validation: skip, source: env}\n',
    'program.mjs': `import { writeFileSync } from 'node:fs'
      import { checkConfig, loadConfig, watchConfig } from ${JSON.stringify(pathToFileURL(library).href)}
      ${program}`,
    'inner/.env': 'GREETING=hello\n',
    '.git/HEAD': 'ref: refs/heads/main\n',
  })
  // Node 20 forgets a directory when a file in it is named as well.
  const project = only === '' ? [`${cwd}/`] : [join(cwd, 'program.mjs'), join(cwd, only)]
  const read = [`${dirname(library)}/`, ...project, ...(also === undefined ? [] : [also])]
  const flags = ['--no-warnings', FLAG, ...read.map((path) => `--allow-fs-read=${path}`), `--allow-fs-write=${cwd}/`]
  return start({ cwd, args: [...flags, 'program.mjs'], env })
}

const LOAD = 'await loadConfig().catch(({ message }) => console.log(message))'

test('a change is noticed when nothing above the project may be read', async () => {
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
])('a path that may not be read is not treated as missing: %s', async (_, permitted) => {
  const { out, err } = await run(LOAD, permitted)
  expect({ out, err }).toEqual({ out: expect.stringContaining("Node's permissions do not allow it"), err: '' })
  expect(out).toContain('--allow-fs-read')
})

test('git that may not be started is reported as an error', async () => {
  const { out, err } = await run(
    `const { issues } = await checkConfig()
    console.log(issues.find(({ code }) => code === 'GIT_FAILED')?.message)`,
    { also: '*' },
  )
  expect({ out, err }).toEqual({ out: 'git cannot say which files it tracks: "ERR_ACCESS_DENIED"\n', err: '' })
})

test.skipIf(!process.allowedNodeEnvironmentFlags.has('--allow-net'))(
  'a network that is not permitted is not reported as a broken connection',
  async () => {
    const repository = new URL('../../', import.meta.url)
    const client = new URL('dist/cloud/index.js', repository).href
    const program = `const { CloudClient } = await import(${JSON.stringify(client)})
    const cloud = new CloudClient({ apiUrl: 'http://127.0.0.1:4999', token: 'e30.eyJleHAiOjk5OTk5OTk5OTl9.sig' })
    await cloud.whoami().catch(({ message }) => console.log(message))`
    const { out, err } = await run(program, { also: fileURLToPath(repository) })
    expect({ out, err }).toEqual({
      out: "Node's permissions do not allow the network. Start Node with --allow-net.\n",
      err: '',
    })
  },
)
