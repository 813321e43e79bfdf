import { join, relative, sep } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  type Consulted,
  checkConfig,
  isConfigError,
  type LoadOptions,
  loadConfig,
  loadConfigSync,
} from '../../src/index.ts'
import { COMPLETE, type Files, makeProject, PROFILE, SECRETS, writeFiles } from '../support/temp-project.ts'

/** The paths that a load consulted, relative to the project, whether it succeeded or not. */
async function lookedAt(files: Files, options: LoadOptions = {}): Promise<Consulted> {
  const cwd = makeProject(files)
  const from = (paths: readonly string[]) => paths.map((path) => relative(cwd, path).replaceAll(sep, '/'))
  const { files: found, directories } = await loadConfig({ cwd, env: {}, ...options }).then(
    ({ consulted }) => consulted,
    (error: unknown) => {
      if (!isConfigError(error)) throw error
      return error.consulted
    },
  )
  return { files: from(found), directories: from(directories) }
}

describe('a load reports every path that it consulted, whether it exists or not:', () => {
  test.each<[string, string, Files, LoadOptions?]>([
    ['the profile', PROFILE, COMPLETE],
    ['its secrets', SECRETS, COMPLETE],
    ['a secrets file that does not exist', SECRETS, { [PROFILE]: 'name: local\n' }],
    ['a secrets file elsewhere', 'keys.json', { [PROFILE]: 'secrets: {secrets_path: ../../../keys.json}\n' }],
    ['.env', '.env', COMPLETE],
    ['.env.local', '.env.local', COMPLETE],
    ['the profile’s own .env', '.env.staging.local', { '.systemprompt/profiles/staging/profile.yaml': '' }],
    ['a .env file with another name', 'config/app.env', COMPLETE, { dotenv: ['config/app.env'] }],
    ['the root of the service configs', 'services/config/config.yaml', COMPLETE],
    ['an include', 'services/a.yaml', { ...COMPLETE, 'services/config/config.yaml': 'includes: [../a.yaml]\n' }],
    ['a service without a config', 'services/ai/config.yaml', { ...COMPLETE, 'services/ai/': '' }],
    ['credentials', '.systemprompt/credentials.json', COMPLETE],
    ['tenants', '.systemprompt/tenants.json', COMPLETE],
    ['the session', '.systemprompt/sessions/index.json', COMPLETE],
    ['a systemprompt.config.ts', 'systemprompt.config.ts', COMPLETE],
    ['a systemprompt.config.yaml', 'systemprompt.config.yaml', COMPLETE],
    ['a .systemprompt directory', '.systemprompt', {}],
    ['a .systemprompt directory in the parent', '../.systemprompt', {}],
    ['a file that a variable names', 'run/db', COMPLETE, { env: { DATABASE_URL_FILE: 'run/db' } }],
    [
      'a file of the secrets directory',
      'run/stripe_key',
      { ...COMPLETE, 'run/stripe_key': 'x' },
      { env: { SYSTEMPROMPT_SECRETS_DIR: 'run' } },
    ],
    [
      'a TypeScript module that the config file imports',
      'lib/schema.ts',
      {
        'systemprompt.config.ts': `import x from './lib/schema.ts'\nexport default x`,
        'lib/schema.ts': 'export default {}',
      },
    ],
  ])('%s: %s', async (_, path, files, options) => {
    expect((await lookedAt(files, options)).files).toContain(path)
  })
  test.each<[string, string, Files, LoadOptions?]>([
    ['profiles, to choose one', '.systemprompt/profiles', COMPLETE],
    ['services', 'services', COMPLETE],
    ['a secrets directory', 'run/secrets', COMPLETE, { env: { SYSTEMPROMPT_SECRETS_DIR: 'run/secrets' } }],
  ])('and every directory that it listed: %s: %s', async (_, path, files, options) => {
    expect((await lookedAt(files, options)).directories).toContain(path)
  })
})

describe('a load that fails reports every path that it consulted too:', () => {
  test.each<[string, string, Files, LoadOptions?]>([
    ['a profile that is not YAML', PROFILE, { [PROFILE]: 'a: [' }],
    ['secrets that are not JSON', SECRETS, { ...COMPLETE, [SECRETS]: '{' }],
    ['a profile that does not exist', '.systemprompt/profiles/staging/profile.yaml', COMPLETE, { profile: 'staging' }],
    ['a profile path that does not exist', 'p.yaml', COMPLETE, { profile: './p.yaml' }],
    ['a project that does not exist', '.systemprompt', {}, { profile: 'local' }],
    [
      'an include that does not exist',
      'services/a.yaml',
      { ...COMPLETE, 'services/config/config.yaml': 'includes: [../a.yaml]' },
    ],
    ['an undefined variable', '.env.local', { [PROFILE]: 'a: ${A}\n' }],
    ['the file of a variable that does not exist', 'run/db', COMPLETE, { env: { DATABASE_URL_FILE: 'run/db' } }],
    ['a config file that throws', 'systemprompt.config.mjs', { 'systemprompt.config.mjs': 'throw new Error()' }],
    [
      'a module of the config file that throws',
      'b.ts',
      { 'systemprompt.config.ts': "import './b.ts'", 'b.ts': 'throw new Error()' },
    ],
  ])('%s: %s', async (_, path, files, options) => {
    const cwd = makeProject(files)
    const error: unknown = await loadConfig({ cwd, env: {}, ...options }).catch((thrown: unknown) => thrown)
    expect(isConfigError(error) && error.consulted.files).toContain(join(cwd, path))
  })
  test('several profiles, none of them chosen', async () => {
    const { directories } = await lookedAt({
      '.systemprompt/profiles/a/profile.yaml': '',
      '.systemprompt/profiles/b/profile.yaml': '',
    })
    expect(directories).toEqual(['.systemprompt/profiles'])
  })
  test('so do loadConfigSync and checkConfig', async () => {
    const cwd = makeProject({ [PROFILE]: 'a: [' })
    const { error } = await checkConfig({ cwd, env: {} })
    expect(error?.consulted.files).toContain(join(cwd, PROFILE))
    expect(() => loadConfigSync({ cwd, env: {} })).toThrow(
      expect.objectContaining({
        consulted: expect.objectContaining({ files: expect.arrayContaining([join(cwd, PROFILE)]) }),
      }),
    )
  })
  test('but printing the ConfigError does not show them', async () => {
    const error: unknown = await loadConfig({ cwd: makeProject({ [PROFILE]: 'a: [' }), env: {} }).catch(
      (thrown: unknown) => thrown,
    )
    expect(Object.keys(error as object)).not.toContain('consulted')
    expect(JSON.stringify(error)).not.toContain('.env.local')
  })
})

describe('systemprompt.config.* is loaded again after a change', () => {
  test.each<[string, (value: string) => string]>([
    ['ts', (value) => `const a: string = '${value}'\nexport default { defaults: { a } }`],
    ['mts', (value) => `export default { defaults: { a: '${value}' } }`],
    ['js', (value) => `export default { defaults: { a: '${value}' } }`],
    ['mjs', (value) => `export default { defaults: { a: '${value}' } }`],
    ['cjs', (value) => `module.exports = { defaults: { a: '${value}' } }`],
    ['json', (value) => `{"defaults": {"a": "${value}"}}`],
    ['yaml', (value) => `defaults: {a: ${value}}`],
  ])('as .%s', async (extension, content) => {
    const name = `systemprompt.config.${extension}`
    const cwd = makeProject({ [name]: content('one') })
    const load = async () => (await loadConfig({ cwd, env: {} })).config.a
    const seen = [await load()]
    for (const value of ['two', 'one', 'three']) {
      writeFiles(cwd, { [name]: content(value) })
      seen.push(await load())
    }
    expect(seen).toEqual(['one', 'two', 'one', 'three'])
  })
  test('as is a TypeScript module that it imports', async () => {
    const cwd = makeProject({ 'systemprompt.config.ts': `import a from './a.ts'\nexport default { defaults: { a } }` })
    const seen: unknown[] = []
    for (const value of ['one', 'two']) {
      writeFiles(cwd, { 'a.ts': `export default '${value}'` })
      seen.push((await loadConfig({ cwd, env: {} })).config.a)
    }
    expect(seen).toEqual(['one', 'two'])
  })
})
