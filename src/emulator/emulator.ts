import { join } from 'node:path'
import { type AppendedFile, openForAppending } from '../files/append.ts'
import { refuseExposed } from '../files/exposure.ts'
import { prepareState } from '../files/state.ts'
import { readConfidential, updateFile } from '../files/update.ts'
import { createApp } from './app.ts'
import { createConsents } from './consent.ts'
import { createFaults, type Faults } from './faults.ts'
import { openJournal } from './journal.ts'
import { LIMITS } from './limits.ts'
import { checkSeed, DEFAULT_SEED, type Seed } from './seed.ts'
import { startServer } from './server.ts'
import { createStore } from './store.ts'
import { createKey, createVault } from './vault.ts'

/** Where the emulator listens, and its initial state. */
export interface EmulatorOptions {
  /** 0 for any free port. @default 0 */
  readonly port?: number | undefined
  /** The directory in which the state is kept, so that it survives the process. By default it is kept in memory. */
  readonly directory?: string | undefined
  /** The users and tenants. @default DEFAULT_SEED */
  readonly seed?: Seed | undefined
  /** Whether tenant calls require an exchanged token, as services do since 2026-05. @default true */
  readonly exchange?: boolean | undefined
  /** Requests per token and minute. @default 600 */
  readonly requests?: number | undefined
  /** Whether `/_test/…` accepts faults, clock moves and revocations over HTTP. @default false */
  readonly testApi?: boolean | undefined
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: (() => number) | undefined
}

/** A running emulator. */
export interface Emulator {
  /** `http://127.0.0.1:8787` */
  readonly url: string
  readonly port: number
  readonly faults: Faults
  /**
   * A login's token, like the one that the consent page issues; it expires after `seconds`, by default a day.
   * @throws TypeError if there is no such user
   */
  token(user?: string, seconds?: number): string
  revoke(token: string): void
  /** Moves the clock by milliseconds, forward or back. @throws TypeError if that leads to before 1970 or after 9989 */
  moveClock(milliseconds: number): void
  /** A stored value; for tests, since no operation of the API returns one. */
  secret(tenant: string, name: string): string | undefined
  close(): Promise<void>
}

/**
 * Starts a SystemPrompt Cloud on this machine: the operations of the contract on 127.0.0.1, with signed tokens, roles,
 * limits and an audit log.
 *
 * @throws FileError FILE_LOCKED if another emulator uses the directory, FILE_EXPOSED if git would commit its content
 * @example
 * const emulator = await startEmulator()
 * const cloud = new CloudClient({ apiUrl: emulator.url, token: emulator.token() })
 * await cloud.setSecrets('tenant_demo', { STRIPE_KEY: 'sk_test_…' })
 * emulator.secret('tenant_demo', 'STRIPE_KEY') // 'sk_test_…'
 * await emulator.close()
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const {
    port = 0,
    directory,
    seed = DEFAULT_SEED,
    exchange = true,
    requests = LIMITS.requests,
    testApi = false,
  } = options
  const wrong = checkSeed(seed)
  if (wrong !== undefined) throw new TypeError(`The seed of the emulator cannot be used: ${wrong}.`)
  const file = directory === undefined ? undefined : await journalIn(directory)
  try {
    const vault = createVault(directory === undefined ? createKey() : await keyIn(directory))
    const journal = openJournal(file)
    const store = createStore(journal, vault, seed, options.now ?? Date.now)
    const faults = createFaults()
    const app = createApp({ store, consents: createConsents(), exchange, requests })
    const server = await startServer({
      port,
      fetch: (request) => app.fetch(request),
      maxBytes: LIMITS.body,
      faults,
      ...(testApi ? { control: store } : {}),
    })
    return {
      url: server.url,
      port: server.port,
      faults,
      token(id = seed.users[0]?.id ?? '', seconds = 24 * 3600) {
        const user = store.user(id)
        if (!user) throw new TypeError('The emulator has no such user.')
        return store.issue(user, 'login', seconds)
      },
      revoke: (token) => store.revoke(token),
      moveClock(milliseconds) {
        if (!store.moveClock(milliseconds)) throw new TypeError('The clock of the emulator cannot be moved there.')
      },
      secret: (tenant, name) => store.value(tenant, name),
      async close() {
        await server.close()
        journal.close()
      },
    }
  } catch (error) {
    file?.close()
    throw error
  }
}

/** Keeps the state out of git, wherever it is: neither the journal nor the key that encrypts it may be committed. */
async function journalIn(directory: string): Promise<AppendedFile> {
  await prepareState(directory)
  const journal = join(directory, 'journal.jsonl')
  for (const file of [journal, join(directory, 'key')]) await refuseExposed(file)
  return openForAppending(journal)
}

/** The key that encrypts and signs; created when the directory is first used. */
async function keyIn(directory: string): Promise<Buffer> {
  const path = join(directory, 'key')
  await updateFile(path, (text) => text ?? `${createKey().toString('hex')}\n`)
  const key = Buffer.from(readConfidential(path)?.trim() ?? '', 'hex')
  if (key.length !== 32) throw new TypeError(`The emulator's key was changed: remove ${directory} to start over.`)
  return key
}
