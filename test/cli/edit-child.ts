/** Adds secrets to a project until it is killed, and says which are there: `edit-child PROJECT FROM`. */
import { join } from 'node:path'
import { editSecretsFile } from '../../src/cloud/for-commands.ts'

const [, , cwd = '', from = '0'] = process.argv
const state = join(cwd, '.systemprompt')
const files = { state, credentials: join(state, 'credentials.json'), tenants: join(state, 'tenants.json') }

for (let number = Number(from) + 1; ; number++) {
  await editSecretsFile(files, join(state, 'profiles/local/secrets.json'), {
    set: { [`key_${number}`]: `value ${number}` },
  })
  process.stdout.write(`${number}\n`)
}
