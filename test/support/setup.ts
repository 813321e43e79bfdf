import { devNull } from 'node:os'
import { afterAll } from 'vitest'
import { KNOWN_SECRETS } from '../../src/schema/secret-names.ts'
import { endFile } from './after-file.ts'

afterAll(endFile)

// Ignores the environment of whoever runs the tests: their profile, login and secrets, git's settings, the repository
// of a hook, and the umask.
const secrets = KNOWN_SECRETS.map(({ env }): string => env)
for (const name of Object.keys(process.env))
  if ((/^(?:GIT|SYSTEMPROMPT)_/.test(name) && name !== 'SYSTEMPROMPT_CHROMIUM') || secrets.includes(name))
    delete process.env[name]
process.env.GIT_CONFIG_GLOBAL = devNull
process.env.GIT_CONFIG_NOSYSTEM = '1'
process.umask(0o022)
