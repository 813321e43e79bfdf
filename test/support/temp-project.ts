import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { afterFile } from './after-file.ts'

/** Paths relative to the project's root, with the content of each file, and its mode if that matters. */
export type Files = Readonly<Record<string, string | { readonly content: string; readonly mode?: number }>>

export const PROFILE = '.systemprompt/profiles/local/profile.yaml'
export const SECRETS = '.systemprompt/profiles/local/secrets.json'

const CONFIDENTIAL = ['secrets.json', 'credentials.json', 'tenants.json']

const made: string[] = []

afterFile(() => {
  for (const directory of made.splice(0)) rmSync(directory, { recursive: true, force: true })
})

/** A project of real files, removed after the tests of the file. A path that ends in `/` is a directory. */
export function makeProject(files: Files = {}): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'systemprompt-test-')))
  made.push(root)
  writeFiles(root, files)
  return root
}

/** Adds files to a project, or changes them. */
export function writeFiles(root: string, files: Files): void {
  for (const [path, file] of Object.entries(files)) {
    const { content, mode = undefined } = typeof file === 'string' ? { content: file } : file
    const target = join(root, path)
    mkdirSync(path.endsWith('/') ? target : dirname(target), { recursive: true })
    if (path.endsWith('/')) continue
    writeFileSync(target, content)
    chmodSync(target, mode ?? (CONFIDENTIAL.includes(basename(path)) ? 0o600 : 0o644))
  }
}

export const JWT_SECRET = 'jwt-0123456789-0123456789-0123456789-abcdef'
export const DATABASE_URL = 'postgres://acme:Kq7vTz2mWx@localhost:5432/acme'

/** A profile with every key that SystemPrompt needs. */
export const COMPLETE_PROFILE = `name: local
display_name: Local development
site:
  name: Acme
database:
  type: postgres
server:
  host: 127.0.0.1
  port: 8080
  api_server_url: http://localhost:8080
  api_internal_url: http://localhost:8080
  api_external_url: http://localhost:8080
paths:
  system: ../../..
  services: ../../../services
  bin: ../../../bin
security:
  jwt_issuer: acme
  jwt_access_token_expiration: 3600
  jwt_refresh_token_expiration: 86400
  jwt_audiences: [web]
`

/** A project without any errors or warnings, even under `strict`. */
export const COMPLETE: Files = {
  [PROFILE]: COMPLETE_PROFILE,
  [SECRETS]: JSON.stringify({ jwt_secret: JWT_SECRET, database_url: DATABASE_URL }, null, 2),
  'services/': '',
  'bin/': '',
}
