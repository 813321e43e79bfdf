import { describe, expect, test } from 'vitest'
import { type Files, makeProject, PROFILE, SECRETS } from '../support/temp-project.ts'
import { run } from './recorder.ts'

/** A project where it is built, without the secrets and variables that its program is given at its start. */
const built = (files: Files = {}) =>
  makeProject({
    ...files,
    [PROFILE]: 'name: local\nsite:\n  name: Acme\nsecrets:\n  validation: strict\n',
    'systemprompt.config.mjs': `export default {
      public: ['site.name'],
      secrets: { required: ['STRIPE_KEY'] },
      variables: { '~standard': { version: 1, vendor: 'test', validate: () => ({ issues: [{ message: 'no', path: ['PORT'] }] }) } },
    }\n`,
    'dist/index.js': 'console.log(1)\n',
  })

describe('a command that starts no program does not require secrets and variables', () => {
  test.each([
    ['public', ['public'], '"site_name": "Acme"'],
    ['config types', ['config', 'types'], 'systemprompt-env.d.ts is written'],
  ])('%s', async (_, argv, says) => {
    const { code, out } = await run(built(), argv)
    expect(out).toContain(says)
    expect(code).toBe(0)
  })

  test('but warns of missing secrets', async () => {
    const { err } = await run(built(), ['public'])
    expect(err).toContain('STRIPE_KEY  is not set')
  })

  test('but scan requires secrets, since it searches for them, and no variables', async () => {
    const { code, err } = await run(built(), ['scan', 'dist'])
    expect([code, err]).toEqual([6, expect.stringContaining('STRIPE_KEY  is not set')])
    expect(err).not.toContain('PORT')
    const found = await run(
      built({
        [SECRETS]:
          '{ "jwt_secret": "0123456789-0123456789-0123456789", "stripe_key": "sk-8fj2k1Qm0zLx7RtV", "database_url": "postgres://h/d" }',
        'dist/b.js': 'sk-8fj2k1Qm0zLx7RtV',
      }),
      ['scan', 'dist'],
    )
    expect([found.code, found.out]).toEqual([11, expect.stringContaining('dist/b.js')])
  })

  test.each([
    ['config check', ['config', 'check']],
    ['run', ['run', '--', 'node', '--version']],
  ])('while %s requires both', async (_, argv) => {
    const { code, err } = await run(built({ [SECRETS]: '{}' }), argv)
    expect(code).toBe(6)
    for (const name of ['STRIPE_KEY', 'JWT_SECRET', 'PORT']) expect(err).toContain(name)
  })
})
