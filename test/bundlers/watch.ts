import { appendFileSync, existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PROFILE, writeFiles } from '../support/temp-project.ts'
import { appWithCanaries, edit, expectNone } from './dev-server.ts'

export interface WatchHost {
  /** Watches a project as its users do, and reports each failed build. Its output is `out/main.js`. */
  watch(root: string, tellError: (message: string) => void): Promise<{ close(): Promise<unknown> }>
  /** Whether it can watch for a file that does not exist. @default true */
  readonly seesNewFiles?: boolean
}

/** How every watcher without a server of its own has to handle a change and a mistake. */
export function describeWatch(name: string, { watch, seesNewFiles = true }: WatchHost): void {
  describe(`${name} in watch mode`, () => {
    let app = {} as ReturnType<typeof appWithCanaries>
    let watcher: { close(): Promise<unknown> }
    const errors: string[] = []
    const written: string[] = []

    beforeAll(async () => {
      app = appWithCanaries()
      writeFiles(app.root, { 'src/later.js': 'console.log(process.env.PUBLIC_LATER)\n' })
      appendFileSync(join(app.root, 'src/client.js'), "\nimport './later.js'\n")
      watcher = await watch(app.root, (message) => errors.push(message))
    }, 60_000)

    afterAll(async () => {
      await watcher?.close()
    })

    function output(): string {
      const file = join(app.root, 'out/main.js')
      const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
      written.push(text)
      return text
    }

    const wait = { timeout: 20_000, interval: 100 }

    test('follows a change to the profile and to a .env file', async () => {
      await expect.poll(output, wait).toContain('"Acme"')
      edit(app.root, 'name: Acme', 'name: Beta')
      await expect.poll(output, wait).toContain('"Beta"')
      writeFiles(app.root, { '.env': 'PUBLIC_GREETING=Welcome\nANALYTICS_ID=acme-42\n' })
      await expect.poll(output, wait).toContain('"Welcome"')
    }, 60_000)

    test('follows a variable that gets a value, in a module that had no values', async () => {
      expect(output()).not.toContain('Fresh')
      appendFileSync(join(app.root, '.env'), 'PUBLIC_LATER=Fresh\n')
      await expect.poll(output, wait).toContain('"Fresh"')
    }, 60_000)

    test('reports a mistake, keeps the last good output, and recovers once it is fixed', async () => {
      edit(app.root, 'port: 8080', 'port: eighty')
      await expect.poll(() => errors.join(), wait).toContain('server.port  is not a whole number')
      expect(errors.join()).not.toContain('@systemprompt/env/compiled')
      expect(output()).toContain('8080')
      edit(app.root, 'port: eighty', 'port: 9090')
      await expect.poll(output, wait).toContain('9090')
    }, 60_000)

    test('recovers from a mistake after code was changed, when the profile is replaced by another file', async () => {
      const replace = (from: string, to: string): void => {
        const file = join(app.root, PROFILE)
        writeFileSync(`${file}.new`, readFileSync(file, 'utf8').replace(from, to))
        renameSync(`${file}.new`, file)
      }
      let told = errors.length
      edit(app.root, 'port: 9090', 'port: ninety')
      await expect.poll(() => errors.length, wait).toBeGreaterThan(told)
      told = errors.length
      appendFileSync(join(app.root, 'src/later.js'), '// changed\n')
      await expect.poll(() => errors.length, wait).toBeGreaterThan(told)
      replace('port: ninety', 'port: 9191')
      await expect.poll(output, wait).toContain('9191')
      replace('port: 9191', 'port: 9292')
      await expect.poll(output, wait).toContain('9292')
    }, 60_000)

    test.runIf(seesNewFiles)(
      'follows a new .env file',
      async () => {
        writeFiles(app.root, { '.env.local': 'PUBLIC_GREETING=Local\n' })
        await expect.poll(output, wait).toContain('"Local"')
      },
      60_000,
    )

    test('does not rebuild while nothing changes', async () => {
      await sleep(1000)
      const before = statSync(join(app.root, 'out/main.js')).mtimeMs
      await sleep(3000)
      expect(statSync(join(app.root, 'out/main.js')).mtimeMs).toBe(before)
    })

    test('neither writes nor reports a secret', () => {
      expectNone(app.canaries, [...written, ...errors])
    })
  })
}
