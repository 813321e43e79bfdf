import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { writeFiles } from '../support/temp-project.ts'
import { copyApp } from './hosts.ts'

const modules = fileURLToPath(new URL('../../node_modules', import.meta.url))

const PROGRAMS = {
  rollup: { plugin: 'rollup', command: ['rollup/dist/bin/rollup', '-c', 'build.mjs'] },
  rolldown: { plugin: 'rolldown', command: ['rolldown/bin/cli.mjs', '-c', 'build.mjs'] },
  'vite 7': { plugin: 'vite', command: ['vite7/bin/vite.js', 'build', '-c', 'build.mjs'] },
  'vite 8': { plugin: 'vite', command: ['vite/bin/vite.js', 'build', '-c', 'build.mjs'] },
} as const

const STOPPED = {
  'read of a secret': { code: 'console.log(process.env.DATABASE_URL)\n', said: 'DATABASE_URL  is a secret' },
  'secret in the code': {
    code: "console.log('sk-ant-canary-5d0be1c7f3a94826')\n",
    said: 'the secret is in this file',
  },
}

describe.each(Object.entries(PROGRAMS))('the terminal output of %s', (_, { plugin, command: [program, ...rest] }) => {
  test.each(Object.entries(STOPPED))('reports a %s once', (_, { code, said }) => {
    const root = copyApp()
    writeFiles(root, {
      'src/it.js': code,
      'build.mjs': `import systemprompt from '@systemprompt/env/${plugin}'
export default { input: 'src/it.js', output: { dir: 'out' }, build: { rollupOptions: { input: 'src/it.js' } }, plugins: [systemprompt()] }
`,
    })
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(modules, program), ...rest], {
      cwd: root,
      encoding: 'utf8',
    })
    expect(status).toBe(1)
    expect(`${stdout}${stderr}`.split(said)).toHaveLength(2)
  })
})
