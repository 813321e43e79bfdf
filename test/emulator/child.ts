/** An emulator in a process of its own, to be killed: `child DIRECTORY` prints its URL and a token. */
import { startEmulator } from '../../src/emulator/index.ts'

const emulator = await startEmulator({ directory: process.argv[2] ?? '', exchange: false })
process.stdout.write(`${JSON.stringify({ url: emulator.url, token: emulator.token() })}\n`)
