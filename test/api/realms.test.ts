import { readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compileFunction } from 'node:vm'
import { describe, expect, test } from 'vitest'
import type * as Core from '../../src/core.ts'
import { installInto, start } from '../support/installed.ts'
import { COMPLETE_PROFILE, makeProject, PROFILE, SECRETS } from '../support/temp-project.ts'

const vitest = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url))

const core = fileURLToPath(new URL('../../dist/core.cjs', import.meta.url))

const LOADED = `import { once } from 'node:events'
import { appendFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { checkConfig, isConfigError, loadConfig, reveal, watchConfig } from '@systemprompt/env'
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

test('the options of a file', async () => {
  const { config } = await loadConfig()
  expect(config.of).toEqual({ file: ['a', { b: 1 }] })
})

test('a check', async () => {
  expect((await checkConfig()).issues).toEqual([])
})

test('a watcher', async () => {
  const updates = new EventTarget()
  const watcher = await watchConfig({}, { onChange: ({ changes }) => updates.dispatchEvent(new CustomEvent('change', { detail: changes })) })
  const updated = once(updates, 'change')
  appendFileSync('.env', 'SYSTEMPROMPT__ADDED=1')
  const [{ detail }] = await updated
  expect(detail).toMatchObject([{ path: 'added', kind: 'added' }])
  await watcher.close()
})
`

describe('in a realm of its own, as in Jest and in Vitest’s vm pools', () => {
  test.each(['vmThreads', 'vmForks'])(
    '%s: loads, checks and watches a configuration, with missing files and with plain objects of the realm',
    async (pool) => {
      const root = makeProject({
        'package.json': '{ "type": "module" }',
        [PROFILE]: `${COMPLETE_PROFILE}cache:\n  token: \${STRIPE_KEY}\n`,
        [SECRETS]: '{ "stripe_key": "sk-canary-0123456789" }',
        'systemprompt.config.mjs': 'export default { defaults: { of: { file: ["a", { b: 1 }] } } }',
        '.env': '',
        'load.test.js': LOADED,
      })
      installInto(root)
      symlinkSync(
        fileURLToPath(new URL('../../node_modules/defu', import.meta.url)),
        join(root, 'node_modules/defu'),
        'junction',
      )
      const args = [vitest, 'run', '--root', root, '--pool', pool, '--reporter', 'json']
      const { out, err } = await start({ cwd: root, args })
      expect(JSON.parse(out), err).toMatchObject({ success: true, numPassedTests: 4 })
    },
  )

  describe('without --experimental-vm-modules', () => {
    test.each<[string, string]>([
      ['an ES module', 'export default { defaults: { from: "file" } }'],
      ['CommonJS', 'exports.defaults = { from: "file" }'],
      [
        'CommonJS compiled from an ES module',
        'exports.__esModule = true; exports.default = { defaults: { from: "file" } }',
      ],
    ])('reads the options of a file that is %s', async (_, content) => {
      const name = content.startsWith('export ') ? 'systemprompt.config.mjs' : 'systemprompt.config.cjs'
      const root = makeProject({ [PROFILE]: COMPLETE_PROFILE, [name]: content })
      expect((await withoutModules().loadConfig({ cwd: root, env: {} })).config.from).toBe('file')
    })
    test('reports the error of a file that throws', async () => {
      const root = makeProject({ 'systemprompt.config.mjs': 'throw new Error("of its own")' })
      await expect(withoutModules().loadConfig({ cwd: root })).rejects.toThrow(/cannot be loaded: of its own/)
    })
    test('names the flag for a file with top-level await', async () => {
      const root = makeProject({ 'systemprompt.config.mjs': 'await 0; export default {}' })
      await expect(withoutModules().loadConfig({ cwd: root })).rejects.toThrow(
        /systemprompt\.config\.mjs {2}cannot be loaded: .* → start it with NODE_OPTIONS=--experimental-vm-modules/,
      )
    })
    test('watches a configuration', async () => {
      const root = makeProject({ '.env': 'SYSTEMPROMPT__FROM=file' })
      const watcher = await withoutModules().watchConfig({ cwd: root, env: {} })
      expect(watcher.current.config.from).toBe('file')
      await watcher.close()
    })
  })
})

/** The library as Jest loads it. */
function withoutModules(): typeof Core {
  const parameters = ['exports', 'require', 'module', '__filename', '__dirname']
  const importModuleDynamically = () => Promise.reject(new Error('is not asked'))
  const module = { exports: {} }
  const run = compileFunction(readFileSync(core, 'utf8'), parameters, { filename: core, importModuleDynamically })
  run(module.exports, createRequire(core), module, core, '')
  return module.exports as typeof Core
}
