import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { type PluginContext, rollup } from 'rollup'
import { describe, expect, test } from 'vitest'
import rolldownPlugin from '../../integrations/rolldown.ts'
import rollupPlugin from '../../integrations/rollup.ts'
import { writeFiles } from '../support/temp-project.ts'
import { copyApp } from './hosts.ts'

const options = { public: ['site.name'] }

describe('beside a plugin that', () => {
  test('has Rollup load a module when the build starts, its values are there', async () => {
    const root = copyApp()
    writeFiles(root, { 'src/it.js': 'console.log(import.meta.env.site_name)\n' })
    const early = {
      name: 'early',
      async buildStart(this: PluginContext) {
        await this.load({ id: join(root, 'src/it.js') })
      },
    }
    const build = await rollup({
      input: join(root, 'src/it.js'),
      plugins: [rollupPlugin({ ...options, cwd: root }), early],
    })
    const { output } = await build.generate({})
    expect(output[0].code).toContain('console.log("Acme")')
  })

  test('ends a build of Rolldown when it starts, the next one is its own', async () => {
    const root = copyApp()
    writeFiles(root, { 'src/it.js': 'console.log(process.env.DATABASE_URL)\n' })
    const plugin = rolldownPlugin({ ...options, cwd: root })
    const failing = {
      name: 'failing',
      buildStart() {
        throw new Error('not today')
      },
    }
    const input = join(root, 'src/it.js')
    await expect(failureOf({ input, plugins: [plugin, failing] })).resolves.toContain('not today')
    const failures = await Promise.all(
      (['browser', 'node'] as const).map((platform) => failureOf({ input, platform, plugins: [plugin] })),
    )
    expect(failures.join('\n')).toContain('serves the builds of a client and of a server at the same time')
  })
})

async function failureOf(input: Parameters<typeof rolldown>[0]): Promise<string> {
  const build = await rolldown({ ...input, logLevel: 'silent' })
  try {
    await build.generate()
    return ''
  } catch (error) {
    return String(error)
  } finally {
    await build.close()
  }
}
