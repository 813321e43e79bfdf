import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { EXIT } from '../../src/cli/io.ts'
import { CloudClient, CUSTOM_LIST, customList } from '../../src/cloud/for-commands.ts'
import type { Emulator } from '../../src/emulator/index.ts'
import { collectProblems } from '../../src/errors/errors.ts'
import { parseJson } from '../../src/read/json.ts'
import { sampled, seeded } from '../support/random.ts'
import { SECRETS } from '../support/temp-project.ts'
import { CREDENTIALS, cloudProject, emulated, TENANTS } from './cloud-project.ts'

/** How often a command is killed. */
const KILLS = sampled(3, 200)
const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))
const counting = new URL('kill-at-step.mjs', import.meta.url).href

interface Work {
  readonly args: readonly string[]
  /** A command that runs first, and is not killed. */
  readonly before?: readonly string[]
  readonly input?: string
  /** Whether the work is complete, which it must be after a run, whether one was killed before or not. */
  readonly isDone: () => boolean
}

test(
  `${KILLS} commands that are killed at random moments leave no torn file and lose no secret, and the next run completes the work`,
  async () => {
    const emulator = await emulated({ requests: 1_000_000 })
    const cwd = cloudProject(emulator)
    const { seed, below } = seeded()
    const added: string[] = []
    /** The number of steps in each kind of work that is not killed. */
    const steps = new Map<string, number>()
    let killed = 0

    // A command that ended before it was killed does not count.
    let round = 0
    for (; killed < KILLS; round++) {
      const kind = KINDS[(seed + round) % KINDS.length] ?? 'sync'
      if (!steps.has(kind)) steps.set(kind, await stepsOf(cwd, workOf(kind, round, cwd, emulator)))
      // Before or after a step; a login that replaces another takes a few more.
      const at = 1 + below(2 * (steps.get(kind) ?? 1)) / 2
      const note = `round ${round}, ${kind} killed at step ${at} of ${steps.get(kind)} (seed ${seed})`

      const next = workOf(kind, round + 1_000, cwd, emulator)
      if (next.before) expect(await ended(cwd, { ...next, args: next.before })).toBe(0)
      if ((await ended(cwd, next, { KILL_AT: String(at) })) === null) killed++
      for (const file of [CREDENTIALS, TENANTS, SECRETS])
        expect(isWhole(join(cwd, file)), `${file}, ${note}`).toBe(true)
      expect(
        added.filter((name) => !namesIn(cwd).includes(name)),
        note,
      ).toEqual([])

      // It may have completed its work.
      expect(next.isDone() ? [0, EXIT.notFound] : [0], note).toContain(await ended(cwd, next))
      expect(next.isDone(), note).toBe(true)
      expect(emulator.secret('tenant_demo', CUSTOM_LIST) ?? '', note).toBe(await trueList(emulator))
      if (kind === 'secrets set') added.push(`kept_${round + 1_000}`)
    }
    for (const kind of KINDS.slice(0, -1)) expect(await ended(cwd, workOf(kind, 9_999, cwd, emulator)), kind).toBe(0)
    expect(leftovers(cwd)).toEqual([])
    if (process.env.SOAK) console.info(`${killed} of ${round} were killed; steps: ${JSON.stringify([...steps])}`)
  },
  30 * 60_000,
)

const KINDS = ['login', 'secrets set', 'sync', 'cloud secrets set', 'cloud secrets unset'] as const

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
    case 'cloud secrets unset':
      return {
        before: ['cloud', 'secrets', 'set', `GONE_${number}=x`, '--local'],
        args: ['cloud', 'secrets', 'unset', `GONE_${number}`, '-y', '--local'],
        isDone: () => stored(`GONE_${number}`) === undefined && !namesIn(cwd).includes(`gone_${number}`),
      }
  }
}

/** Runs a command line; returns its exit code, or null if it was killed. */
async function ended(cwd: string, { args, input = '' }: Work, env: NodeJS.ProcessEnv = {}): Promise<number | null> {
  const child = spawn(process.execPath, ['--import', counting, cli, ...args], {
    cwd,
    env: { PATH: process.env.PATH, ...env },
    stdio: 'pipe',
  })
  child.stdin.on('error', () => undefined).end(input)
  child.stdout.resume()
  child.stderr.resume()
  return new Promise<number | null>((resolve) => child.on('close', resolve))
}

async function stepsOf(cwd: string, work: Work): Promise<number> {
  const file = join(cwd, 'steps')
  if (work.before) expect(await ended(cwd, { ...work, args: work.before })).toBe(0)
  expect(await ended(cwd, work, { COUNT_TO: file })).toBe(0)
  return Number(readFileSync(file, 'utf8'))
}

/** What the list of custom secrets should contain. */
async function trueList({ url, token }: Emulator): Promise<string> {
  const client = new CloudClient({ apiUrl: url, token: token() })
  const { keys } = await client.listSecretKeys('tenant_demo')
  await client.close()
  return customList(keys)
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

/** Temporary files and locks of processes that have ended. */
function leftovers(cwd: string): readonly string[] {
  const all = readdirSync(join(cwd, '.systemprompt'), { recursive: true, encoding: 'utf8' })
  return all.filter((name) => /\.tmp$|\.lock(?:$|\.)/.test(name))
}
