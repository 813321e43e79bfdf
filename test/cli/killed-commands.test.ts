import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { Emulator } from '../../src/emulator/index.ts'
import { collectProblems } from '../../src/errors.ts'
import { parseJson } from '../../src/read/json.ts'
import { sampled, seeded } from '../support/random.ts'
import { SECRETS } from '../support/temp-project.ts'
import { CREDENTIALS, cloudProject, emulated, TENANTS } from './cloud-project.ts'

/** How often a command is killed. */
const KILLS = sampled(4, 200)
const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))

interface Work {
  readonly args: readonly string[]
  readonly input?: string
  /** What must be so when it has been done, whether it was killed before or not. */
  readonly isDone: () => boolean
}

test(
  `${KILLS} commands are killed at random moments: no torn file, no lost secret, and the next run ends the work`,
  async () => {
    const emulator = await emulated({ requests: 1_000_000 })
    const cwd = cloudProject(emulator)
    const { seed, below } = seeded()
    const added: string[] = []
    /** Milliseconds that each kind of work took when nobody killed it. */
    const longest = new Map<string, number>()

    for (let round = 0; round < KILLS; round++) {
      const kind = KINDS[round % KINDS.length] ?? 'sync'
      const work = workOf(kind, round, cwd, emulator)
      if (!longest.has(kind)) longest.set(kind, await timed(() => ended(cwd, work)))
      const delay = below(Math.ceil(longest.get(kind) ?? 500))
      const note = `round ${round}, ${kind} killed after ${delay} ms (seed ${seed})`

      const next = workOf(kind, round + KILLS, cwd, emulator)
      await ended(cwd, next, delay)
      for (const file of [CREDENTIALS, TENANTS, SECRETS])
        expect(isWhole(join(cwd, file)), `${file}, ${note}`).toBe(true)
      expect(
        added.filter((name) => !namesIn(cwd).includes(name)),
        note,
      ).toEqual([])

      expect(await ended(cwd, next), note).toBe(0)
      expect(next.isDone(), note).toBe(true)
      if (kind === 'secrets set') added.push(`kept_${round + KILLS}`)
    }
    for (const kind of KINDS) expect(await ended(cwd, workOf(kind, 3 * KILLS, cwd, emulator)), kind).toBe(0)
    expect(leftovers(cwd)).toEqual([])
  },
  30 * 60_000,
)

const KINDS = ['login', 'secrets set', 'sync', 'cloud secrets set'] as const

function workOf(kind: (typeof KINDS)[number], number: number, cwd: string, emulator: Emulator): Work {
  const stored = (name: string): string | undefined => emulator.secret('tenant_demo', name)
  switch (kind) {
    case 'login': {
      const input = emulator.token()
      const args = ['cloud', 'auth', 'login', '--with-token', '--api-url', emulator.url]
      return { args, input, isDone: () => readFileSync(join(cwd, CREDENTIALS), 'utf8').includes(input) }
    }
    case 'secrets set':
      return {
        args: ['secrets', 'set', `kept_${number}=value ${number}`],
        isDone: () => namesIn(cwd).includes(`kept_${number}`),
      }
    case 'sync':
      return {
        args: ['cloud', 'secrets', 'sync'],
        isDone: () => namesIn(cwd).every((name) => stored(name.toUpperCase()) !== undefined),
      }
    case 'cloud secrets set':
      return {
        args: ['cloud', 'secrets', 'set', `SENT_${number}=value ${number}`],
        isDone: () => stored(`SENT_${number}`) === `value ${number}`,
      }
  }
}

/** Runs a command line, and kills it after so many milliseconds; its exit code, null for one that was killed. */
async function ended(cwd: string, { args, input = '' }: Work, killAfter?: number): Promise<number | null> {
  const child = spawn(process.execPath, [cli, ...args], { cwd, env: { PATH: process.env.PATH }, stdio: 'pipe' })
  child.stdin.on('error', () => undefined).end(input)
  child.stdout.resume()
  child.stderr.resume()
  const code = new Promise<number | null>((resolve) => child.on('close', resolve))
  if (killAfter !== undefined) {
    await wait(killAfter)
    child.kill('SIGKILL')
  }
  return code
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await run()
  return performance.now() - start
}

function isWhole(path: string): boolean {
  return contentOf(path) !== undefined
}

function namesIn(cwd: string): readonly string[] {
  return [...(contentOf(join(cwd, SECRETS))?.entries.keys() ?? [])]
}

function contentOf(file: string) {
  const text = readFileSync(file, 'utf8')
  return parseJson({ layer: 'secrets', file, text, confidential: true }, collectProblems())
}

/** Temporary files and locks of processes that are no more. */
function leftovers(cwd: string): readonly string[] {
  const all = readdirSync(join(cwd, '.systemprompt'), { recursive: true, encoding: 'utf8' })
  return all.filter((name) => /\.(?:tmp|lock)$/.test(name))
}
