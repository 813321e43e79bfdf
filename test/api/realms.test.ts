import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { compileFunction } from 'node:vm'
import { describe, expect, test } from 'vitest'
import type * as Core from '../../src/core.ts'
import { installInto, start } from '../support/installed.ts'
import { COMPLETE_PROFILE, makeProject, PROFILE, SECRETS } from '../support/temp-project.ts'

const vitest = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url))

const core = fileURLToPath(new URL('../../dist/core.cjs', import.meta.url))

const LOADED = `import { inspect } from 'node:util'
import { isConfigError, loadConfig, reveal } from '@systemprompt/env'
import { expect, test } from 'vitest'

test('a load', async () => {
  const defaults = structuredClone({ app: { hosts: ['a', { b: 1 }] } })
  const { config, secrets, publicValues } = await loadConfig({ defaults, public: ['app'] })
  expect(config.server.port).toBe(8080)
  expect(config.app).toEqual({ hosts: ['a', { b: 1 }] })
  expect(publicValues()).toEqual({ app: { hosts: ['a', { b: 1 }] } })
  expect(secrets.require('stripe_key')).toBe('sk-canary-0123456789')
  expect(inspect([secrets, config])).not.toContain('canary')
  expect(reveal(config).cache.token).toBe('sk-canary-0123456789')
  const error = await loadConfig({ secrets: { required: ['other_key'] } }).catch((error) => error)
  expect(isConfigError(error, 'SECRET_MISSING')).toBe(true)
})
`

describe('in a realm of its own, as of Jest and of vm pools of Vitest, where Node’s errors and objects are of another', () => {
  test.each(['vmThreads', 'vmForks'])('%s: files that are not there are no errors, and data is data', async (pool) => {
    const root = makeProject({
      'package.json': '{ "type": "module" }',
      [PROFILE]: `${COMPLETE_PROFILE}cache:\n  token: \${STRIPE_KEY}\n`,
      [SECRETS]: '{ "stripe_key": "sk-canary-0123456789" }',
      'load.test.js': LOADED,
    })
    installInto(root)
    const args = [vitest, 'run', '--root', root, '--pool', pool, '--reporter', 'json']
    const { out, err } = await start({ cwd: root, args })
    expect(JSON.parse(out), err).toMatchObject({ success: true, numPassedTests: 1 })
  })

  test('without a flag it can load no modules, and is told how', async () => {
    const root = makeProject({ [PROFILE]: COMPLETE_PROFILE, 'systemprompt.config.mjs': 'export default {}\n' })
    const parameters = ['exports', 'require', 'module', '__filename', '__dirname']
    // As Jest does it.
    const importModuleDynamically = () => Promise.reject(new Error('is not asked'))
    const options = { filename: core, importModuleDynamically }
    const module: { exports: Partial<typeof Core> } = { exports: {} }
    const run = compileFunction(readFileSync(core, 'utf8'), parameters, options)
    run(module.exports, createRequire(core), module, core, '')
    await expect(module.exports.loadConfig?.({ cwd: root })).rejects.toThrow(
      /systemprompt\.config\.mjs {2}cannot be loaded: .* → start it with NODE_OPTIONS=--experimental-vm-modules/,
    )
  })
})
