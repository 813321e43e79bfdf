import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { loadConfigSync, writeTypes } from '../../src/index.ts'
import { run } from '../cli/recorder.ts'
import { makeProject, PROFILE, SECRETS, writeFiles } from '../support/temp-project.ts'

const FILES = {
  [PROFILE]: `name: local
site: { name: Acme, github_link: ~ }
server: { port: 8080, use_https: true }
features: { search: true, limits: [10, twenty], "odd key": 1 }
`,
  [SECRETS]: '{ "anthropic": "sk-ant-1234567890" }',
  '.env': 'PUBLIC_GREETING=Hello\n',
}
const options = {
  public: { port: 'server.port', https: 'server.use_https', features: 'features', link: 'site.github_link' },
}

function errorsIn(root: string, code: string): string[] {
  writeFiles(root, { 'use.ts': code })
  const settings = {
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    strict: true,
    noEmit: true,
    // TypeScript's own declarations, which take most of the time.
    skipDefaultLibCheck: true,
    types: [],
    target: ts.ScriptTarget.ES2022,
  }
  const program = ts.createProgram([join(root, 'use.ts'), join(root, 'systemprompt-env.d.ts')], settings)
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
}

describe('the types of the public values', () => {
  test('type the module under both of its names, import.meta.env and process.env', () => {
    const root = makeProject(FILES)
    writeTypes(loadConfigSync({ cwd: root, env: {}, ...options }))
    const code = `import values, { features, https, link, port, PUBLIC_GREETING } from '@systemprompt/env/public'
import { port as same } from 'virtual:systemprompt/public'
declare const process: { env: NodeJS.ProcessEnv }
const a: number = port + same + values.port + import.meta.env.port
const b: boolean = https && features.search
const c: readonly (number | string)[] = features.limits
const d: string = PUBLIC_GREETING + import.meta.env.PUBLIC_GREETING
const e: string | undefined = process.env.port
const f: number = features['odd key']
export { a, b, c, d, e, f, link }
`
    expect(errorsIn(root, code)).toEqual([])
    expect(
      errorsIn(
        root,
        "import { none } from '@systemprompt/env/public'\nexport const a: string = import.meta.env.port\nexport { none }\n",
      ),
    ).toEqual([
      expect.stringContaining("has no exported member 'none'"),
      expect.stringContaining("Type 'number' is not assignable to type 'string'"),
    ])
  }, 300_000)

  test.each([
    ['values', { values: 'site.name' }],
    ['values and values_', { values: 'site.name', values_: 'server.port' }],
  ])(
    'are correct for values named %s',
    (_, wanted) => {
      const root = makeProject(FILES)
      writeTypes(loadConfigSync({ cwd: root, env: {}, public: wanted }))
      const code = `import all, { values } from '@systemprompt/env/public'
export const a: string = values + all.values + all.PUBLIC_GREETING
`
      expect(errorsIn(root, code)).toEqual([])
    },
    300_000,
  )

  test('contain no values', () => {
    const root = makeProject(FILES)
    const { file } = writeTypes(loadConfigSync({ cwd: root, env: {}, ...options }))
    expect(readFileSync(file, 'utf8')).not.toMatch(/Acme|8080|Hello|twenty|sk-ant/)
  })

  test('are written only if they have changed, and leave no other files behind', () => {
    const root = makeProject(FILES)
    const write = (more = {}) => writeTypes(loadConfigSync({ cwd: root, env: {}, ...options, ...more }))
    expect(write().state).toBe('written')
    const { ino } = statSync(join(root, 'systemprompt-env.d.ts'))
    expect(write().state).toBe('unchanged')
    expect(write({ overrides: { 'server.port': 9090 } }).state).toBe('unchanged')
    expect(statSync(join(root, 'systemprompt-env.d.ts')).ino).toBe(ino)
    expect(write({ prefix: [] }).state).toBe('written')
    expect(readdirSync(root).sort()).toEqual(['.env', '.systemprompt', 'systemprompt-env.d.ts'])
  })
})

describe('systemprompt config types', () => {
  test('writes the file, and --check says whether it is up to date', async () => {
    const root = makeProject({ ...FILES, 'systemprompt.config.json': JSON.stringify(options) })
    const types = async (...flags: string[]) => {
      const { code, out } = await run(root, ['config', 'types', ...flags])
      return [code, out] as const
    }
    expect(await types('--check')).toEqual([6, expect.stringContaining('systemprompt-env.d.ts is out of date')])
    expect(existsSync(join(root, 'systemprompt-env.d.ts'))).toBe(false)
    expect(await types()).toEqual([0, expect.stringContaining('systemprompt-env.d.ts is written')])
    expect(await types('--check')).toEqual([0, expect.stringContaining('is up to date')])
  })

  test('writes the file next to the tsconfig.json of a package in a monorepo, as its build does', async () => {
    const root = makeProject({ ...FILES, 'packages/web/tsconfig.json': '{}', 'packages/plain/package.json': '{}' })
    const types = async (directory: string) => (await run(join(root, directory), ['config', 'types'])).out
    expect(await types('packages/web')).toMatch(/ systemprompt-env\.d\.ts is written/)
    expect(existsSync(join(root, 'systemprompt-env.d.ts'))).toBe(false)
    expect(await types('packages/plain')).toContain('../../systemprompt-env.d.ts is written')
    expect((await run(root, ['config', 'types', '--check', '--cwd', 'packages/web'])).out).toContain(
      'packages/web/systemprompt-env.d.ts is up',
    )
  })

  test('writes the file to the path of --file, relative to the working directory', async () => {
    const root = makeProject({ ...FILES, 'packages/web/src/main.ts': '' })
    const types = (...flags: string[]) =>
      run(join(root, 'packages/web'), ['config', 'types', '--file', 'src/env.d.ts', ...flags])
    expect((await types()).out).toContain('src/env.d.ts is written')
    expect(readFileSync(join(root, 'packages/web/src/env.d.ts'), 'utf8')).toContain('PUBLIC_GREETING')
    expect(existsSync(join(root, 'systemprompt-env.d.ts'))).toBe(false)
    expect((await types('--check')).out).toContain('src/env.d.ts is up to date')
    const nowhere = await run(root, ['config', 'types', '--file', 'nowhere/env.d.ts'])
    expect([nowhere.code, nowhere.err]).toEqual([1, expect.stringContaining('nowhere/env.d.ts')])
  })
})

describe('systemprompt public', () => {
  test('prints the values as JSON', async () => {
    const root = makeProject({ ...FILES, 'systemprompt.config.json': JSON.stringify(options) })
    const { code, out } = await run(root, ['public'])
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ port: 8080, https: true, PUBLIC_GREETING: 'Hello' })
  })
})
