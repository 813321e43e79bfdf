/** Writes a login and the tenants as soon as its input begins: `login-child PROJECT USER`. */
import { once } from 'node:events'
import { join } from 'node:path'
import { updateRegistry, writeCredentials } from '../../src/cloud/for-commands.ts'

const [, , cwd = '', user = ''] = process.argv
const state = join(cwd, '.systemprompt')
const files = { state, credentials: join(state, 'credentials.json'), tenants: join(state, 'tenants.json') }
const login = { api_token: user, api_url: 'https://x.example', user_email: user, authenticated_at: '' }

process.stdout.write('ready\n')
await once(process.stdin, 'data')
await writeCredentials(files, login, Date.now())
await updateRegistry(files, [{ id: 'tenant_demo', name: 'demo' }], Date.now())
process.exit()
