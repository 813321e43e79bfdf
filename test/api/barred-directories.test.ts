import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isConfigError, type LoadOptions, listProfiles, loadConfig } from '../../src/index.ts'
import { hasRights, whileBarred } from '../support/barred.ts'
import { COMPLETE, COMPLETE_PROFILE, makeProject, SECRETS } from '../support/temp-project.ts'

const PRODUCTION = '.systemprompt/profiles/production/profile.yaml'

/** A project of two profiles, a service and a mounted secret, which other users than its owner may read. */
function makeShared(): string {
  const root = makeProject({
    ...COMPLETE,
    [PRODUCTION]: COMPLETE_PROFILE,
    'services/ai/config.yaml': 'port: 1',
    'mounted/token': 'x',
  })
  chmodSync(root, 0o755)
  chmodSync(join(root, SECRETS), 0o644)
  return root
}

/** The result of a load or its problems, for a user who may not enter a directory. */
async function loadBarred(directory: string, options: LoadOptions = {}): Promise<unknown> {
  const cwd = makeShared()
  return whileBarred(join(cwd, directory), async () => {
    try {
      const { profile } = await loadConfig({ cwd, env: {}, ...options })
      return { profile: profile?.name }
    } catch (error) {
      if (!isConfigError(error)) throw error
      return error.issues.map(({ code, file, key }) => `${code} ${file ?? key}`)
    }
  })
}

describe.runIf(hasRights)('a directory that the user may not enter is reported, and not treated as empty:', () => {
  test.each<[string, string, string, LoadOptions?]>([
    ['the state', '.systemprompt', '.systemprompt/profiles'],
    ['all profiles', '.systemprompt/profiles', '.systemprompt/profiles'],
    ['one profile of two', '.systemprompt/profiles/local', '.systemprompt/profiles/local/profile.yaml'],
    ['the selected profile', '.systemprompt/profiles/production', PRODUCTION, { profile: 'production' }],
    [
      'the profile that is given as a path',
      '.systemprompt/profiles/production',
      PRODUCTION,
      { profile: `./${PRODUCTION}` },
    ],
    ['the services', 'services', 'services/config/config.yaml', { profile: 'local' }],
    ['one service', 'services/ai', 'services/ai/config.yaml', { profile: 'local' }],
    [
      'mounted secrets',
      'mounted',
      'SYSTEMPROMPT_SECRETS_DIR',
      { profile: 'local', env: { SYSTEMPROMPT_SECRETS_DIR: 'mounted' } },
    ],
  ])('%s', async (_, directory, named, options) => {
    expect(await loadBarred(directory, options)).toEqual(expect.arrayContaining([`FILE_UNREADABLE ${named}`]))
  })

  test('listProfiles fails', async () => {
    const cwd = makeShared()
    const told = whileBarred(join(cwd, '.systemprompt/profiles/local'), () => listProfiles(cwd))
    await expect(told).rejects.toMatchObject({
      name: 'ConfigError',
      message: expect.stringContaining('cannot be read'),
    })
  })

  test('but not if it is not needed', async () => {
    expect(await loadBarred('mounted', { profile: 'local' })).toEqual({ profile: 'local' })
  })
})
