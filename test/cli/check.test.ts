import { describe, expect, test } from 'vitest'
import { COMPLETE, COMPLETE_PROFILE, type Files, makeProject, PROFILE, SECRETS } from '../support/temp-project.ts'
import { run, type Terminal } from './recorder.ts'

const check = (files: Files, argv: readonly string[] = [], terminal: Terminal = {}) =>
  run(makeProject(files), ['config', 'check', ...argv], terminal)

const WITH_WARNING: Files = { ...COMPLETE, [PROFILE]: COMPLETE_PROFILE.replace('3600', '99999999') }

describe('config check', () => {
  test('reports a secrets.json that is a directory, and not that it is missing', async () => {
    const { code, err, out } = await run(makeProject({ [PROFILE]: 'name: local\n', [`${SECRETS}/kept`]: '' }), [
      'config',
      'check',
    ])
    expect([code, out + err]).toEqual([6, expect.stringContaining(`${SECRETS}  is a directory, not a file`)])
    expect(out + err).not.toContain(`${SECRETS}  does not exist`)
  })

  test('accepts a complete project', async () => {
    expect(await check(COMPLETE)).toEqual({
      code: 0,
      out: '✔ Profile local is valid (2 files, 2 secrets)\n',
      err: '',
      questions: [],
    })
  })
  test('uses the singular for a count of one', async () => {
    const files: Files = { ...COMPLETE, [SECRETS]: '{"database_url": "postgres://h/d"}' }
    const { out } = await check(files, ['--set', 'secrets.validation=skip'])
    expect(out).toBe('✔ Profile local is valid (2 files, 1 secret)\n')
  })
  test('accepts .env files without a project', async () => {
    expect((await check({ '.env': 'A=1' })).out).toBe(
      '✔ No profile: .env files and the environment are valid (1 file, 0 secrets)\n',
    )
  })
  test('shows warnings, and succeeds', async () => {
    const { code, out, err } = await check(WITH_WARNING)
    expect([code, out]).toEqual([0, '✔ Profile local is valid (2 files, 2 secrets)\n'])
    expect(err).toMatch(/^\n1 warning\n {2}\.systemprompt\/profiles\/local\/profile\.yaml:19:32 {2}security/)
  })
  test('fails on warnings with --strict', async () => {
    const { code, out, err } = await check(WITH_WARNING, ['--strict'])
    expect(code).toBe(6)
    expect(out).toBe('✖ Profile local has warnings, which --strict treats as errors (2 files, 2 secrets)\n')
    expect(err).toContain('1 warning')
    expect((await check(COMPLETE, ['--strict'])).code).toBe(0)
  })
  test('fails on missing keys, and says where to add each', async () => {
    const profile = COMPLETE_PROFILE.replace(/ {2}jwt_issuer.*\n/, '').replace(/site:\n.*\n/, '')
    const { code, out, err } = await check({ ...COMPLETE, [PROFILE]: profile })
    expect([code, out]).toEqual([6, ''])
    expect(err).toContain('The configuration of profile local is not valid: 2 problems')
    expect(err).toMatch(/site\.name {2}is missing {2}→ add site\.name to the profile/)
    expect(err).toMatch(/security\.jwt_issuer {2}is missing {2}→ add security\.jwt_issuer to the profile/)
  })
  test('ends with exit code 5 for a profile that does not exist, as every command does', async () => {
    const { code, err } = await check(COMPLETE, ['--profile', 'lcoal'])
    expect(err).toContain('did you mean local?')
    expect(code).toBe(5)
  })
  test('uses colours when they are enabled', async () => {
    expect((await check(COMPLETE, [], { color: true })).out).toMatch(/^\u001b\[32m✔\u001b\[39m /)
    expect((await check(WITH_WARNING, ['--strict'], { color: true })).out).toMatch(/^\u001b\[31m✖\u001b\[39m /)
    expect((await check(WITH_WARNING, [], { color: true })).err).toContain('\u001b[33m1 warning\u001b[39m')
  })
})

describe('config check --json', () => {
  const json = async (files: Files, argv: readonly string[] = []) => {
    const { code, out, err } = await check(files, [...argv, '--json'])
    return { code, err, document: JSON.parse(out) as Record<string, unknown> }
  }
  test('reports a complete project as ok', async () => {
    expect(await json(COMPLETE)).toEqual({
      code: 0,
      err: '',
      document: { ok: true, profile: 'local', issues: [], warnings: [] },
    })
  })
  test('lists warnings, and is not ok with --strict', async () => {
    expect(await json(WITH_WARNING)).toMatchObject({
      code: 0,
      err: '',
      document: { ok: true, issues: [], warnings: [{ code: 'INVALID_VALUE', line: 19 }] },
    })
    expect(await json(WITH_WARNING, ['--strict'])).toMatchObject({ code: 6, document: { ok: false, issues: [] } })
  })
  test('lists problems with key, file, line and column', async () => {
    const files: Files = { ...WITH_WARNING, [PROFILE]: COMPLETE_PROFILE.replace('8080', 'eighty') }
    const { code, document } = await json(files)
    expect(code).toBe(6)
    expect(document).toMatchObject({
      ok: false,
      profile: 'local',
      issues: [{ code: 'INVALID_VALUE', key: 'server.port', file: PROFILE, line: 9, column: 9 }],
    })
  })
  test('ends with exit code 5 for a profile that does not exist', async () => {
    expect(await json(COMPLETE, ['--profile', 'nope'])).toMatchObject({ code: 5, document: { ok: false } })
  })
})
