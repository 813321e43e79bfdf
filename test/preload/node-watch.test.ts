import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { relative, sep } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, expect, test } from 'vitest'
import { installInto } from '../support/installed.ts'
import { type Files, makeProject, PROFILE, writeFiles } from '../support/temp-project.ts'

const FILES: Files = {
  [PROFILE]: 'secrets: { validation: skip }\n',
  '.env': 'GREETING=one\n',
  'package.json': '{}',
  'main.cjs': `console.log('started', process.env.GREETING)\nsetInterval(() => undefined, 1000)`,
  'importing.cjs': `require('@systemprompt/env/register')\nrequire('./main.cjs')`,
}

const children: ChildProcess[] = []
afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill()
    await once(child, 'exit')
  }
})

test.each([
  ['--import', ['--import', '@systemprompt/env', 'main.cjs']],
  ['-r', ['-r', '@systemprompt/env', 'main.cjs']],
  ['an import of the program', ['importing.cjs']],
])('node --watch restarts a program when its configuration changes, with %s', async (_spelling, args) => {
  const root = makeProject(FILES)
  installInto(root)
  const child = spawn(process.execPath, ['--watch', ...args], {
    cwd: root,
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  children.push(child)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const until = async (text: string): Promise<void> => {
    for (let line = ''; !line.includes(text); ) {
      const { done, value = '' } = await lines.next()
      if (done) throw new Error(`it ended without printing: ${text}`)
      line = value
    }
  }
  /** A program may speak before Node watches its files; so the edit is made again until Node has seen it. */
  const edit = async (files: Files, text: string): Promise<void> => {
    writeFiles(root, files)
    const again = setInterval(() => writeFiles(root, files), 3000)
    await until(text).finally(() => clearInterval(again))
  }

  await until('started one')
  await edit({ '.env': 'GREETING=two\n' }, 'started two')
  await edit({ '.env': 'GREETING=${MISSING}\n' }, 'Failed running')
  await edit({ '.env': 'GREETING=three\n' }, 'started three')
  await edit({ [PROFILE]: 'secrets: { validation: skip }\nname: ${MISSING}\n' }, 'Failed running')
  await edit({ [PROFILE]: 'secrets: { validation: skip }\n' }, 'started three')
  expect(child.exitCode).toBeNull()
})

test('node --watch gets the files that were used, and no directories', async () => {
  const root = makeProject({ ...FILES, 'main.cjs': '', 'services/ai/config.yaml': 'model: one' })
  installInto(root)
  const child = spawn(process.execPath, ['--import', '@systemprompt/env', 'main.cjs'], {
    cwd: root,
    env: { PATH: process.env.PATH, WATCH_REPORT_DEPENDENCIES: '1' },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  const told: (string | null)[] = []
  child.on('message', (message: { readonly 'watch:require'?: readonly (string | null)[] }) => {
    told.push(...(message['watch:require'] ?? []))
  })
  await once(child, 'close')
  const own = told.flatMap((file) => (file === null ? [] : relative(root, file).split(sep).join('/')))
  expect(own.filter((file) => !file.startsWith('node_modules/') && file !== 'main.cjs').sort()).toEqual([
    '.env',
    PROFILE,
    'services/ai/config.yaml',
  ])
})
