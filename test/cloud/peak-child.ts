/** Asks a service twice, and prints the second error and by how many bytes it raised the peak of memory. */
import { CloudClient } from '../../src/cloud/client.ts'

const client = new CloudClient({ apiUrl: process.argv[2], token: 'sp_test_x', env: {} })
const peak = (): number => process.resourceUsage().maxRSS * 1024

await client.whoami().catch(() => undefined)
const before = peak()
const { code, message } = await client.whoami().then(
  () => ({ code: 'none', message: '' }),
  (error: Error & { code: string }) => error,
)
process.stdout.write(JSON.stringify({ code, message, grown: peak() - before }))
await client.close()
