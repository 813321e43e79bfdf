import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { nodeFileTrace } from '@vercel/nft'
import { describe, expect, test } from 'vitest'
import { installInto, start } from '../support/installed.ts'
import { COMPLETE_PROFILE, makeProject, PROFILE } from '../support/temp-project.ts'

describe('files that are traced and copied are all that Node needs', () => {
  // Nitro, of Nuxt, follows what a bundler would take; others follow what Node takes.
  test.each([
    ['as Node resolves', 'server.mjs'],
    ['as a bundler resolves', 'node_modules/@systemprompt/env/dist/index.js'],
  ])('%s', async (_, from) => {
    const root = makeProject({
      'server.mjs': `import { loadConfigSync } from '@systemprompt/env'
console.log(loadConfigSync().config.server.port)`,
    })
    installInto(root)
    const { fileList } = await nodeFileTrace([join(root, from)], { base: root, processCwd: root })
    const copy = makeProject({ [PROFILE]: COMPLETE_PROFILE })
    for (const file of [...fileList, 'server.mjs']) cpSync(join(root, file), join(copy, file))
    const { out, err } = await start({ cwd: copy, args: ['server.mjs'] })
    expect([out, err]).toEqual(['8080\n', ''])
    expect([...fileList].filter((file) => file.includes('cli'))).toEqual([])
  })
})
