import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { nodeFileTrace } from '@vercel/nft'
import { describe, expect, test } from 'vitest'
import { installInto, start } from '../support/installed.ts'
import { COMPLETE_PROFILE, makeProject, PROFILE } from '../support/temp-project.ts'

describe('the files that @vercel/nft traces are all that Node needs', () => {
  // Nuxt's Nitro traces from what a bundler resolves; others from what Node resolves.
  test.each([
    ['from the program', 'server.mjs'],
    ['from the entry for bundlers', 'node_modules/@systemprompt/env/dist/index.js'],
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
