import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type InputOptions, rolldown } from 'rolldown'
import { type PluginContext, type RollupOptions, rollup, watch } from 'rollup'
import type { Alias, Plugin } from 'vite'
import { describe, expect, test } from 'vitest'
import rolldownPlugin from '../../integrations/rolldown.ts'
import rollupPlugin from '../../integrations/rollup.ts'
import { PROFILE, writeFiles } from '../support/temp-project.ts'
import { edit } from './dev-server.ts'
import { buildWith, type Configure, copyApp } from './hosts.ts'

const options = { public: ['site.name'] }

describe('next to another plugin whose buildStart', () => {
  describe('loads a module,', () => {
    test('every Rollup build has the current values', async () => {
      const { root, input, early } = appWithEarly()
      const plugin = rollupPlugin({ ...options, cwd: root })
      const codeOf = async (): Promise<string | undefined> => {
        const build = await rollup({ input, plugins: [plugin, early] })
        const { output } = await build.generate({})
        return output[0].code
      }
      expect(await codeOf()).toContain('console.log("Acme")')
      edit(root, 'name: Acme', 'name: Beta')
      expect(await codeOf()).toContain('console.log("Beta")')
    })

    test('Rollup follows a change in watch mode', async () => {
      const { root, input, early } = appWithEarly()
      const written: string[] = []
      const tell = {
        name: 'tell',
        generateBundle(_: object, bundle: Readonly<Record<string, object>>) {
          written.push(...Object.values(bundle).map((output) => String(Reflect.get(output, 'code'))))
        },
      }
      const watcher = watch({
        input,
        plugins: [rollupPlugin({ ...options, cwd: root }), early, tell],
        output: { dir: join(root, 'out') },
        watch: { chokidar: { usePolling: true, interval: 50 } },
      })
      const codes: string[] = []
      watcher.on('event', ({ code }) => {
        codes.push(code)
      })
      const count = (code: string): number => codes.filter((each) => each === code).length
      await expect.poll(() => count('END')).toBe(1)
      const profile = readFileSync(join(root, PROFILE), 'utf8').replace('Acme', 'Beta')
      // Until it is told of: a watcher may miss the first change that comes right behind its start.
      const changed = (): number => {
        if (count('START') === 1) writeFiles(root, { [PROFILE]: profile })
        return count('START')
      }
      await expect.poll(changed, { interval: 300 }).toBeGreaterThan(1)
      await expect.poll(() => written.length).toBeGreaterThan(1)
      expect(written.slice(0, 2)).toEqual([expect.stringContaining('"Acme"'), expect.stringContaining('"Beta"')])
      await watcher.close()
    })
  })

  test('throws, Rolldown still rejects a later client and server build at the same time', async () => {
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
    expect(failures.join('\n')).toContain('is used for a client build and a server build at the same time')
  })
})

describe('next to a plugin that writes declarations, as vite-plugin-dts does,', () => {
  test.each(['client', 'server'] as const)(
    'the %s build of Vite leaves the name of the module in them',
    async (consumer) => {
      const root = copyApp()
      const code = "export { site_name } from '@systemprompt/env/public'\n"
      writeFiles(root, { 'src/it.js': code })
      let aliases: readonly Alias[] = []
      const declarations: Plugin = {
        name: 'declarations',
        configResolved({ resolve }) {
          aliases = resolve.alias
        },
        generateBundle() {
          // It takes the target of every alias for a path.
          const source = code.replace(/(?<=')[^']+(?=')/, (name) =>
            aliases.some(({ find }) => name.match(find)) ? './elsewhere' : name,
          )
          this.emitFile({ type: 'asset', fileName: 'it.d.ts', source })
        },
      }
      const configure: Configure = {
        vite: (config) => ({ ...config, plugins: [...(config.plugins ?? []), declarations] }),
      }
      const { error, files } = await buildWith('vite', { root, consumer, entry: 'src/it.js', options, configure })
      expect(error).toBeUndefined()
      const [, written] = [...files].find(([name]) => name.endsWith('it.d.ts')) ?? []
      expect(String(written)).toBe(code)
    },
  )
})

describe('several builds at once with one plugin object', () => {
  const CODE = {
    'src/reads.js': 'console.log(process.env.DATABASE_URL)\n',
    'src/imports.js': "export { site_name } from '@systemprompt/env/public'\n",
    [PROFILE]: 'name: local\nserver:\n  port: eighty\n',
  }

  test.each(['Rollup', 'Rolldown'])('each report an invalid configuration once, with %s', async (host) => {
    const root = copyApp()
    writeFiles(root, CODE)
    const given = { ...options, cwd: root }
    const plugins = host === 'Rollup' ? [rollupPlugin(given)] : [rolldownPlugin(given)]
    const failures = await Promise.all(
      ['reads', 'imports', 'reads', 'imports'].map((name) => {
        const input = { input: join(root, `src/${name}.js`), plugins }
        return host === 'Rollup' ? rejectionOf(rollup(input as RollupOptions)) : failureOf(input as InputOptions)
      }),
    )
    for (const failure of failures) expect(failure.split('is not a whole number from 1 to 65535')).toHaveLength(2)
  })
})

function appWithEarly() {
  const root = copyApp()
  writeFiles(root, { 'src/it.js': 'console.log(import.meta.env.site_name)\n' })
  const input = join(root, 'src/it.js')
  const early = {
    name: 'early',
    async buildStart(this: PluginContext) {
      await this.load({ id: input })
    },
  }
  return { root, input, early }
}

function rejectionOf(build: Promise<unknown>): Promise<string> {
  return build.then(() => '', String)
}

async function failureOf(input: InputOptions): Promise<string> {
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
