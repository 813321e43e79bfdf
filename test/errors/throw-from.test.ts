import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { installInto, start } from '../support/installed.ts'
import { makeProject } from '../support/temp-project.ts'

let cwd: string

beforeAll(() => {
  const programs = Object.fromEntries(
    CALLS.flatMap(([name, call, imported]) => [
      [`${name}.mjs`, `import { ${imported} } from '@systemprompt/env'\n\n${call}\n`],
      [`${name}.cjs`, `const { ${imported} } = require('@systemprompt/env')\n\n${call.replace('await ', '')}\n`],
    ]),
  )
  cwd = realpathSync(makeProject({ '.env': 'URL=${NOWHERE}\n', 'right/.env': 'A=b\n', ...programs }))
  installInto(cwd)
})

const CALLS: readonly (readonly [name: string, call: string, imported: string])[] = [
  ['sync', 'loadConfigSync()', 'loadConfigSync'],
  ['sync-option', 'loadConfigSync({ cwd: 3 })', 'loadConfigSync'],
  ['async', 'await loadConfig()', 'loadConfig'],
  ['async-option', 'await loadConfig({ cwd: 3 })', 'loadConfig'],
  ['watch', 'await watchConfig()', 'watchConfig'],
  ['watch-option', 'await watchConfig({ cwd: 3 })', 'watchConfig'],
  ['require', "loadConfigSync({ cwd: 'right' }).secrets.require('URL')", 'loadConfigSync'],
  ['public', "loadConfigSync({ cwd: 'right', public: ['none'] }).publicValues()", 'loadConfigSync'],
  ['override', "parseOverrides(['none'])", 'parseOverrides'],
]
const SYNC = CALLS.filter(([, call]) => !call.startsWith('await '))

describe('an uncaught error', () => {
  test.each(CALLS)('in an ES module shows the line of the program: %s', async (name, call) => {
    const { code, err } = await start({ cwd, args: [`${name}.mjs`] })
    const [place, line, caret] = err.split('\n')
    expect([code, place, line]).toEqual([1, `${pathToFileURL(join(cwd, `${name}.mjs`)).href}:3`, call])
    expect(caret).toMatch(/^ *\^$/)
    expect(err).toContain('\nConfigError: The configuration is not valid: 1 problem\n')
    expect(err).not.toContain('@systemprompt/env/dist')
  })

  test.each(SYNC)('in CommonJS shows a short line, and the program first in the stack: %s', async (name) => {
    const { code, err } = await start({ cwd, args: [`${name}.cjs`] })
    const [place, line] = err.split('\n')
    expect([code, place]).toEqual([1, expect.stringMatching(/\/dist\/core\.cjs:\d+$/)])
    expect(line).toMatch(/^throw \w+$/)
    expect(/^ {4}at .*/m.exec(err)?.[0]).toContain(`${join(cwd, `${name}.cjs`)}:3:`)
  })

  test('in a function of the program has that function in its stack', async () => {
    const args = [
      '--input-type=module',
      '-e',
      'import { loadConfig } from "@systemprompt/env"\nasync function boot() {\n  await loadConfig()\n}\nawait boot()',
    ]
    const { err } = await start({ cwd, args })
    expect(err).toMatch(/^ {4}at async boot \(/m)
    expect(err).not.toContain('@systemprompt/env/dist')
  })

  test('that is not a ConfigError keeps its whole stack', async () => {
    const options = "{ get cwd() { throw new TypeError('of its own') } }"
    const { err } = await start({ cwd, args: ['-e', `require('@systemprompt/env').loadConfigSync(${options})`] })
    expect(err).toContain('\nTypeError: of its own\n')
    expect(err).toMatch(/^ {4}at .*\/@systemprompt\/env\/dist\/core\.cjs:/m)
  })
})
