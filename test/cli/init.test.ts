import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadConfigSync } from '../../src/index.ts'
import { snapshot } from '../support/project.ts'
import { makeProject, writeFiles } from '../support/temp-project.ts'
import { cli } from './cloud-project.ts'

describe('systemprompt init', () => {
  test('creates a project that passes a strict check, and changes nothing the second time', async () => {
    const cwd = makeProject({ 'package.json': '{"name":"@acme/my-app"}' })
    const { code, out } = await cli(cwd, 'init --yes')
    expect([code, out]).toEqual([
      0,
      expect.stringContaining("Ready. Check it with 'systemprompt config check --strict'"),
    ])
    const check = await cli(cwd, 'config check --strict')
    expect([check.code, check.err]).toEqual([0, ''])
    expect(loadConfigSync({ cwd, env: {} }).config.site?.name).toBe('my-app')
    // No setting happens to equal a secret, which would mask it.
    expect(JSON.stringify(loadConfigSync({ cwd, env: {} }).config)).not.toContain('••••')
    const secrets = join(cwd, '.systemprompt/profiles/local/secrets.json')
    expect((statSync(secrets).mode & 0o777).toString(8)).toBe('600')
    // What goes into a repository or an image is as readable as its neighbours.
    const config = join(cwd, 'systemprompt.config.ts')
    expect(statSync(config).mode & 0o777).toBe(0o666 & ~process.umask())
    expect(out).not.toContain(/"jwt_secret": "([^"]+)"/.exec(readFileSync(secrets, 'utf8'))?.[1])
    const before = snapshot(cwd)
    expect((await cli(cwd, 'init --yes')).out).toContain('Everything exists already; nothing was written.')
    expect(snapshot(cwd)).toEqual(before)
  })

  test('shows its plan, asks, and writes nothing when the answer is no', async () => {
    const cwd = makeProject()
    expect((await cli(cwd, 'init --dry-run')).out).toMatch(
      /\.systemprompt\/\.gitignore +keeps all of it out of git +new\n[\s\S]*Nothing was written\./,
    )
    expect((await cli(cwd, 'init')).code).toBe(2)
    expect((await cli(cwd, 'init', { isInteractive: true })).questions).toEqual(['Write these 6 files?'])
    expect(snapshot(cwd)).toHaveLength(1)
  })

  test('overwrites nothing, and adds the files that are missing', async () => {
    const cwd = makeProject({ justfile: 'mine:\n', '.systemprompt/profiles/local/profile.yaml': 'name: local\n' })
    expect((await cli(cwd, 'init -y --json')).code).toBe(0)
    expect(readFileSync(join(cwd, 'justfile'), 'utf8')).toBe('mine:\n')
    expect(readFileSync(join(cwd, '.systemprompt/profiles/local/profile.yaml'), 'utf8')).toBe('name: local\n')
    expect(existsSync(join(cwd, '.systemprompt/profiles/local/secrets.json'))).toBe(true)
  })

  test('refuses a name by which nothing could choose the profile: one that is read as a path', async () => {
    const cwd = makeProject()
    const { code, err } = await cli(cwd, 'init -y --profile production.yaml')
    expect([code, err]).toEqual([
      2,
      'A profile whose name ends in .yaml or .yml is read as a path. Choose another name.\n',
    ])
    expect(snapshot(cwd)).toHaveLength(1)
  })

  test('says how to check a profile that is not in use, and how to choose one', async () => {
    const cwd = makeProject()
    expect((await cli(cwd, 'init -y --profile dev')).out).toContain("'systemprompt config check --strict'.")
    const { out } = await cli(cwd, 'init -y --profile production')
    expect(out).toContain("Check it with 'systemprompt config check --strict --profile production'.")
    expect(out).toContain("none is active: 'systemprompt profile use <name>' chooses one.")
    expect((await cli(cwd, 'config check --strict --profile production')).code).toBe(0)
    await cli(cwd, 'profile use dev')
    const again = await cli(cwd, 'init -y --profile staging')
    expect(again.out).toContain("--strict --profile staging'.")
    expect(again.out).not.toContain('none is active')
  })

  test('reports what in .env breaks the rules of a profile, and how to turn them off', async () => {
    const cwd = makeProject({ '.env': 'DATABASE_URL=file:./dev.db\n' })
    const { code, out, err } = await cli(cwd, 'init -y')
    expect(code).toBe(0)
    expect(out).toContain('✖ Written, but profile local is not valid')
    expect(out).not.toContain('Ready')
    expect(err).toContain('.env:1:1  DATABASE_URL  is not a PostgreSQL URL')
    const [remedy = ''] = /(?<=to profile\.yaml:\n\n)[\s\S]+/.exec(err) ?? []
    const profile = join(cwd, '.systemprompt/profiles/local/profile.yaml')
    writeFileSync(profile, `${readFileSync(profile, 'utf8')}${remedy.replace(/^ {2}/gm, '')}`)
    expect(loadConfigSync({ cwd, env: {} }).secrets.get('DATABASE_URL')).toBe('file:./dev.db')
  })

  test.each([
    ['.env', { '.env': 'DATABASE_URL=file:./dev.db\n' }, ['SECRET_INVALID', 'DATABASE_URL']],
    [
      'a schema in systemprompt.config.mjs',
      {
        'systemprompt.config.mjs': `
          const issues = [{ message: 'is required', path: ['region'] }]
          export default { schema: { '~standard': { version: 1, vendor: 'acme', validate: () => ({ issues }) } } }
        `,
      },
      ['MISSING_KEY', 'region'],
    ],
  ])(
    'says with --json too that %s makes the profile invalid, whether it wrote files or not',
    async (_, files, issue) => {
      const cwd = makeProject(files)
      const issues = [expect.objectContaining({ code: issue[0], key: issue[1] })]
      expect(JSON.parse((await cli(cwd, 'init -n --json')).out)).not.toHaveProperty('issues')
      expect(JSON.parse((await cli(cwd, 'init -y --json')).out)).toMatchObject({ ok: true, issues })
      expect(JSON.parse((await cli(cwd, 'init --json')).out)).toMatchObject({ ok: true, files: [], issues })
      const { code, out, err } = await cli(cwd, 'init')
      expect(code).toBe(0)
      expect(out).toContain('nothing was written.\n✖ Profile local is not valid: programs will not start with it.\n')
      expect(err).toContain(issue[1])
    },
  )

  test('does not say Ready if only a schema in systemprompt.config.* fails', async () => {
    const cwd = makeProject({
      'package.json': '{"type":"module"}',
      'systemprompt.config.ts': "export default { secrets: { required: ['STRIPE_KEY'] as string[] } }\n",
    })
    const { out, err } = await cli(cwd, 'init -y')
    expect(out).toContain('✖ Written, but profile local is not valid')
    expect(out).not.toContain('Ready')
    expect(err).toContain('STRIPE_KEY')
  })

  test('adds no services/config to services without a root file, which would then not be read', async () => {
    const cwd = makeProject({
      '.systemprompt/profiles/local/profile.yaml': 'name: local\n',
      'services/ai/config.yaml': 'model: large\n',
    })
    const services = () => loadConfigSync({ cwd, env: {}, profile: 'local' }).config.services
    expect(services()).toEqual({ ai: { model: 'large' } })
    await cli(cwd, 'init -y --profile production')
    expect(services()).toEqual({ ai: { model: 'large' } })
    expect((await cli(cwd, 'init -n')).out).not.toContain('services/config')
  })

  test('adds the path of the schema for editors, if the package is installed', async () => {
    const installed = 'node_modules/@systemprompt/env/dist/schema/profile.json'
    const cwd = makeProject({ [installed]: '{}' })
    await cli(cwd, 'init --yes')
    const directory = join(cwd, '.systemprompt/profiles/local')
    const [, path = ''] =
      /^# yaml-language-server: \$schema=(.+)\n/.exec(readFileSync(join(directory, 'profile.yaml'), 'utf8')) ?? []
    expect(join(directory, path)).toBe(join(cwd, installed))
    const without = makeProject()
    await cli(without, 'init --yes')
    expect(readFileSync(join(without, '.systemprompt/profiles/local/profile.yaml'), 'utf8')).not.toContain('$schema')
  })

  test('keeps a profile.yml as the profile, since a profile.yaml would take precedence', async () => {
    const cwd = makeProject({
      '.systemprompt/profiles/production/profile.yml': 'name: production\nsite: { name: Mine }\n',
    })
    const { out } = await cli(cwd, 'init -y --profile production')
    expect(out).toMatch(/\.systemprompt\/profiles\/production\/profile\.yml .*exists, kept/)
    expect(loadConfigSync({ cwd, env: {} }).config.site?.name).toBe('Mine')
  })

  test.each(['json', 'yaml', 'mjs', 'js'])('keeps a systemprompt.config.%s instead of adding another', async (kind) => {
    const name = `systemprompt.config.${kind}`
    const cwd = makeProject({ [name]: '{}' })
    expect((await cli(cwd, 'init -y')).out).toMatch(new RegExp(`${name} .*exists, kept`))
    expect(existsSync(join(cwd, 'systemprompt.config.ts'))).toBe(false)
  })

  test.each(['Justfile', '.justfile', 'JUSTFILE', '.Justfile'])(
    'writes no justfile next to a %s, since just rejects two',
    async (name) => {
      const cwd = makeProject({ [name]: 'mine:\n' })
      expect((await cli(cwd, 'init -y')).out).toMatch(new RegExp(`\\n${name} .*exists, kept`))
      expect(readdirSync(cwd).filter((file) => /justfile/i.test(file))).toEqual([name])
    },
  )

  test.each(['..', 'a/b', '-x', ''])('rejects the profile name %j', async (name) => {
    const cwd = makeProject()
    const { code } = await cli(cwd, `init -y '--profile=${name}'`)
    expect(code).toBe(2)
  })
})

describe('systemprompt profile', () => {
  const INDEX = '.systemprompt/sessions/index.json'

  test.each<[string, string, string]>([
    ['is truncated', '{"active_key": "a"', 'ends unexpectedly'],
    ['is a list', '[]', 'is not a JSON object'],
  ])('use does not change a sessions/index.json that %s, and reports its place', async (_, content, message) => {
    const cwd = makeProject({ [INDEX]: content })
    await cli(cwd, 'init -y')
    const { code, err } = await cli(cwd, 'profile use local')
    expect([code, err]).toEqual([6, expect.stringMatching(`sessions/index\\.json:1:\\d+.*${message}`)])
    expect(readFileSync(join(cwd, INDEX), 'utf8')).toBe(content)
  })

  test('use keeps the other keys of sessions/index.json, and accepts an empty file', async () => {
    const cwd = makeProject({ [INDEX]: '\ufeff{"sessions": {"a": 1}}' })
    await cli(cwd, 'init -y')
    expect((await cli(cwd, 'profile use local')).code).toBe(0)
    const read = (): unknown => JSON.parse(readFileSync(join(cwd, INDEX), 'utf8'))
    expect(read()).toEqual({ sessions: { a: 1 }, active_profile_name: 'local' })
    writeFiles(cwd, { [INDEX]: '\n' })
    expect((await cli(cwd, 'profile use local')).code).toBe(0)
    expect(read()).toEqual({ active_profile_name: 'local' })
  })

  test('list, show and use agree on the profile in use', async () => {
    const cwd = makeProject()
    expect((await cli(cwd, 'profile list')).code).toBe(5)
    await cli(cwd, 'init -y')
    await cli(cwd, 'init -y --profile staging')
    expect(JSON.parse((await cli(cwd, 'profile list --json')).out)).toEqual({
      profiles: ['local', 'staging'],
      in_use: 'local',
    })
    expect((await cli(cwd, 'profile use stagin')).err).toContain('Did you mean staging?')
    expect((await cli(cwd, 'profile use staging')).code).toBe(0)
    expect((await cli(cwd, 'profile show')).out).toMatch(
      /^staging, chosen by 'systemprompt profile use'\n\.systemprompt\/profiles\/staging\/profile\.yaml\n$/,
    )
    expect(JSON.parse(readFileSync(join(cwd, '.systemprompt/sessions/index.json'), 'utf8'))).toEqual({
      active_profile_name: 'staging',
    })
    expect((await cli(cwd, 'profile list')).out).toBe('   profile\n   local\n→  staging\n')
  })
  test('list without profiles says which other file is in use', async () => {
    const cwd = makeProject({ 'config/qa.yaml': 'name: qa\n' })
    expect(await cli(cwd, 'profile list --profile config/qa.yaml')).toMatchObject({
      code: 5,
      err: "There is no profile in .systemprompt/profiles; config/qa.yaml is in use. 'systemprompt init' creates one.\n",
    })
  })
})
