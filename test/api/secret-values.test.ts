import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type LoadOptions, loadConfigSync, secretValues } from '../../src/index.ts'
import { COMPLETE, makeProject, PROFILE, SECRETS } from '../support/temp-project.ts'

const PROJECT = {
  ...COMPLETE,
  [PROFILE]: `name: local
smtp: { password: q7Rv2-in-profile, host: mail.acme.example }
pin_password: 4938201746
api: { token: n4Ts9-of-profile }
mixed: before \${OPENAI_API_KEY} after
`,
  [SECRETS]: JSON.stringify({ openai: 'x3Wq8-in-secrets', database_url: 'postgres://u:p6Yt1-pw@h/d' }),
  '.env':
    "OPENAI_API_KEY=v5Kd0-in-dotenv\nSTRIPE_KEY=j2Mb6-in-dotenv\nREDIS=redis://:g8Hn4-pw@h\nPORT=8080\nDB_PASSWORD='f6Jw1-${quoted}'\nPWD=w2Ln7-in-dotenv\n",
  '.systemprompt/tenants.json': JSON.stringify({
    tenants: [{ id: 't1', name: 'Acme', hostname: 'acme.example', database_url: 'postgres://u:e3Vk9-pw@h/d' }],
    active_tenant: 't1',
  }),
  '.env.local': 'STRIPE_KEY=b9Zc3-in-local\nREDIS=redis://h\nAPI=${STRIPE_KEY}!\nDB_PASSWORD=s4Eb8-in-local\n',
}

function valuesOf(options: LoadOptions = {}): Record<string, string[]> {
  const cwd = makeProject(PROJECT)
  const found: Record<string, string[]> = {}
  for (const { name, value } of secretValues(loadConfigSync({ cwd, env: {}, ...options })))
    found[name] = [...(found[name] ?? []), value]
  return found
}

describe('secretValues has', () => {
  test.each<[string, string, string[], LoadOptions?]>([
    ['a secret', 'DATABASE_URL', ['postgres://u:p6Yt1-pw@h/d']],
    ['a secret of secrets.json that .env overrides', 'OPENAI_API_KEY', ['v5Kd0-in-dotenv', 'x3Wq8-in-secrets']],
    [
      'a secret that the environment overrides',
      'OPENAI_API_KEY',
      ['u1Pf7-in-env', 'v5Kd0-in-dotenv', 'x3Wq8-in-secrets'],
      { env: { OPENAI_API_KEY: 'u1Pf7-in-env' } },
    ],
    ['a variable that another .env file overrides', 'STRIPE_KEY', ['b9Zc3-in-local', 'j2Mb6-in-dotenv']],
    ['one that is overridden and only looks like a reference', 'DB_PASSWORD', ['s4Eb8-in-local', 'f6Jw1-${quoted}']],
    [
      'a password PWD of .env, but not the directory in the PWD of the shell',
      'PWD',
      ['w2Ln7-in-dotenv'],
      { env: { PWD: '/srv/app' } },
    ],
    ['a URL with a password that is overridden by one without', 'REDIS', ['redis://:g8Hn4-pw@h']],
    ['a variable that contains a secret', 'API', ['b9Zc3-in-local!']],
    ['a value with the name of a secret', 'smtp.password', ['q7Rv2-in-profile']],
    ['a number with the name of a secret', 'pin_password', ['4938201746']],
    ['a value that contains a secret', 'mixed', ['before v5Kd0-in-dotenv after']],
    [
      'a value that an override replaces',
      'api.token',
      ['c0Lx5-given', 'n4Ts9-of-profile'],
      { overrides: { 'api.token': 'c0Lx5-given' } },
    ],
    [
      'the token of the cloud login',
      'credentials.api_token',
      ['m1Qs4-of-login'],
      { env: { SYSTEMPROMPT_API_TOKEN: 'm1Qs4-of-login', SYSTEMPROMPT_USER_EMAIL: 'a@acme.example' } },
    ],
    ['the database of the tenant', 'tenant.database_url', ['postgres://u:e3Vk9-pw@h/d']],
    [
      'a value that the schema drops',
      'smtp.password',
      ['q7Rv2-in-profile'],
      { schema: z.object({ name: z.string() }) },
    ],
    [
      'an item of a list',
      'pins.passwords[1].value',
      ['t5Bn8-item'],
      { overrides: { 'pins.passwords': [{ value: 'r9Xc2-item' }, { value: 't5Bn8-item' }] } },
    ],
    [
      'an item of a list that the schema creates',
      'made.keys[1]',
      ['y2Gh6-made'],
      { schema: z.any().transform(() => ({ made: { keys: ['h7Gd2-made', 'y2Gh6-made'] } })) },
    ],
    [
      'a bigint that the schema creates',
      'made.password',
      ['90071992547409931'],
      { schema: z.any().transform(() => ({ made: { password: 90071992547409931n } })) },
    ],
    [
      'a value that the schema creates',
      'made.key',
      ['h7Gd2-made'],
      { schema: z.any().transform(() => ({ made: { key: 'h7Gd2-made' } })) },
    ],
  ])('%s', (_, name, expected, options) => {
    expect(valuesOf(options)[name]).toEqual(expected)
  })

  test.each<[string, boolean, string]>([
    ['a reference', false, '${UNSET}'],
    ['a reference in angle brackets', false, '$<UNSET>'],
    ['a reference next to text', false, 'Bearer ${UNSET}'],
    ['a reference in place of a password', false, 'postgres://u:${UNSET}@h/d'],
    ['a reference through a variable', false, '${VIA}'],
    ['a reference in a default', false, '${UNSET:-${VIA}}'],
    ['a reference next to a password', true, 'postgres://u:k5Pw8@${UNSET}/d'],
    ['a reference whose variable is set', true, 'x-${STRIPE_KEY}'],
    ['a reference with a default', true, '${UNSET:-d3Fa7-default}'],
  ])('with onUndefined: keep, %s in a value: %s', (_, isLookedFor, text) => {
    const cwd = makeProject({
      [PROFILE]: `name: local\nmine: {api_key: "${text}"}\n`,
      '.env': 'VIA=${UNSET}\nSTRIPE_KEY=b9Zc3-key\n',
    })
    const found = secretValues(
      loadConfigSync({ cwd, env: {}, onUndefined: 'keep', overrides: { 'secrets.validation': 'skip' } }),
    )
    expect(found.some(({ name }) => name === 'mine.api_key')).toBe(isLookedFor)
  })

  test('no reference that was overridden', () => {
    const cwd = makeProject({
      [PROFILE]: 'name: local\nmine: {api_key: "${UNSET}"}\n',
      '.env': 'MY_KEY=${UNSET}',
      '.env.local': 'MY_KEY=r6Hn3-local',
    })
    const overrides = { 'secrets.validation': 'skip', 'mine.api_key': 'k8Wd2-given' }
    const found = secretValues(loadConfigSync({ cwd, env: {}, onUndefined: 'keep', overrides }))
    expect(found.map(({ value }) => value)).toEqual(['r6Hn3-local', 'k8Wd2-given'])
  })

  test('text that looks like a reference where references are not resolved', () => {
    const literal = 'x${UNSET}y'
    const cwd = makeProject({ ...PROJECT, [SECRETS]: JSON.stringify({ stripe: literal }) })
    const found = secretValues(
      loadConfigSync({
        cwd,
        env: { SYSTEMPROMPT__API__TOKEN: '${UNSET}z' },
        onUndefined: 'keep',
        overrides: { 'secrets.validation': 'skip' },
      }),
    )
    expect(found.map(({ value }) => value)).toEqual(expect.arrayContaining([literal, '${UNSET}z']))
  })

  test('each of many overridden values once', () => {
    const parts = Array.from({ length: 28 }, (_, index) => `part-${index}.yaml`)
    const cwd = makeProject({
      'services/config/config.yaml': `includes:\n${parts.map((part) => `  - ../${part}\n`).join('')}`,
      ...Object.fromEntries(parts.map((part) => [`services/${part}`, `mail: { password: of-${part} }\n`])),
    })
    const found = secretValues(loadConfigSync({ cwd, env: {}, services: ['mail'] }))
    expect(found.map(({ value }) => value)).toEqual(parts.map((part) => `of-${part}`).toReversed())
  })

  test.each(['the environment of the configuration', 'another environment'])(
    'the secrets of %s, if it is given that, after those of the configuration',
    (which) => {
      const env = {
        PWD: '/srv/app',
        OPENAI_API_KEY: 'v5Kd0-in-dotenv',
        CI_TOKEN: 'l6Kd3-of-ci',
        CI_JOB: 'build',
        CI_EMPTY_TOKEN: '',
        CI_CACHE: 'redis://:a4Fs9-of-ci@h',
        CI_STRIPE_KEY: 'b9Zc3-in-local',
      }
      const isOther = which === 'another environment'
      const config = loadConfigSync({ cwd: makeProject(PROJECT), env: isOther ? { CI_CACHE: 'redis://h' } : env })
      expect(secretValues(config, { env }).slice(secretValues(config).length)).toEqual([
        { name: 'CI_TOKEN', value: 'l6Kd3-of-ci' },
        { name: 'CI_CACHE', value: 'redis://:a4Fs9-of-ci@h' },
      ])
    },
  )

  test('each value once, and none that is empty', () => {
    const files = { ...PROJECT, '.env': `\${PROJECT['.env']}A_KEY=same\nB_KEY=same\nC_KEY=\n` }
    const found = secretValues(loadConfigSync({ cwd: makeProject(files), env: {}, overrides: { 'smtp.password': '' } }))
    const values = found.map(({ value }) => value)
    expect(values).toEqual([...new Set(values)])
    expect(values).toContain('same')
    expect(values).not.toContain('')
  })

  test('no value that is not a secret', () => {
    const names = Object.keys(valuesOf())
    for (const name of ['PORT', 'smtp.host', 'name', 'tenant.hostname']) expect(names).not.toContain(name)
  })
})
