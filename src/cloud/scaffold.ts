import { randomBytes } from 'node:crypto'
import { basename, join } from 'node:path'
import { refuseExposed } from '../files/exposure.ts'
import { writeSharedFile } from '../files/shared.ts'
import { prepareState } from '../files/state.ts'
import { newTrail } from '../files/trail.ts'
import { updateFile } from '../files/update.ts'
import { findConfigFile } from '../options/config-file.ts'
import { listDirectory, pathExists } from '../read/guard.ts'
import { readObject } from './json-file.ts'

/** A file that a new project gets. */
export interface PlannedFile {
  /** Relative to the project, with forward slashes. */
  readonly path: string
  /** In a few words. */
  readonly purpose: string
  /** Whether it exists already; then it is left unchanged. */
  readonly exists: boolean
  /** Generated when the file is written, so that no plan contains a secret. */
  readonly content: () => string
}

const SERVICES_ROOT = 'services/config/config.yaml'

/** The files of a project with one profile, the .gitignore first. */
export function planProject(root: string, profile: string): readonly PlannedFile[] {
  const name = projectName(root)
  const directory = `.systemprompt/profiles/${profile}`
  const files: readonly Omit<PlannedFile, 'exists'>[] = [
    { path: '.systemprompt/.gitignore', purpose: 'keeps all of it out of git', content: () => '*\n' },
    {
      path: `${directory}/${profileFile(root, directory)}`,
      purpose: 'settings of this environment',
      content: () => editorLine(root) + profileText(name, profile),
    },
    {
      path: `${directory}/secrets.json`,
      purpose: 'its secrets, readable only by you',
      content: () => secretsText(name),
    },
    { path: SERVICES_ROOT, purpose: 'root of service configs', content: () => SERVICES },
    { path: configFile(root), purpose: 'options of the library', content: () => CONFIG },
    { path: justfile(root), purpose: 'just login, logout, whoami', content: () => JUSTFILE },
  ]
  return files
    .map((file) => ({ ...file, exists: pathExists(join(root, file.path)) }))
    .filter(({ path, exists }) => exists || path !== SERVICES_ROOT || !hasServices(root))
}

/** Writes the files that do not exist, and never overwrites one. @throws FileError */
export async function writeProject(root: string, files: readonly PlannedFile[]): Promise<void> {
  await prepareState(join(root, '.systemprompt'))
  for (const { path, content } of files) {
    const file = join(root, path)
    if (!path.startsWith('.systemprompt/')) {
      writeSharedFile(file, content())
      continue
    }
    if (path.endsWith('/secrets.json')) await refuseExposed(file)
    await updateFile(file, (text) => text ?? content())
  }
}

/** An existing file with the other extension is the profile: a new one would take precedence over it. */
function profileFile(root: string, directory: string): string {
  const exists = (name: string): boolean => pathExists(join(root, directory, name))
  return !exists('profile.yaml') && exists('profile.yml') ? 'profile.yml' : 'profile.yaml'
}

/** An existing file with any extension, or a new one in TypeScript: of two only the first would be read. */
function configFile(root: string): string {
  return basename(findConfigFile(root, newTrail()) ?? 'systemprompt.config.ts')
}

/** An existing file that just would find, or a new one: just accepts only one. */
function justfile(root: string): string {
  return listDirectory(root).find((name) => /^\.?justfile$/i.test(name)) ?? 'justfile'
}

/** Services that are read because no root file lists any: a new root file would turn them off. */
function hasServices(root: string): boolean {
  const directory = join(root, 'services')
  return listDirectory(directory).some((name) => pathExists(join(directory, name, 'config.yaml')))
}

function projectName(root: string): string {
  const { name } = readObject(join(root, 'package.json')) ?? {}
  const given = typeof name === 'string' ? name.replace(/^@[^/]*\//, '') : basename(root)
  return given.replace(/[^A-Za-z0-9_-]+/g, '-').replace(/^-+|-+$/g, '') || 'app'
}

const PROFILE_SCHEMA = 'node_modules/@systemprompt/env/dist/schema/profile.json'

/** Makes editors complete and check the keys, if the package is installed. */
function editorLine(root: string): string {
  return pathExists(join(root, PROFILE_SCHEMA)) ? `# yaml-language-server: $schema=../../../${PROFILE_SCHEMA}\n` : ''
}

function profileText(name: string, profile: string): string {
  return `# The settings of this environment. Secrets go into secrets.json beside it.
name: ${JSON.stringify(profile)}
display_name: ${JSON.stringify(`${name} (${profile})`)}
target: local
site:
  name: ${JSON.stringify(name)}
database:
  type: postgres
server:
  host: 127.0.0.1
  port: \${PORT:-8080}
  api_server_url: http://localhost:8080
  api_internal_url: http://localhost:8080
  api_external_url: http://localhost:8080
paths:
  system: ../../..
  services: ../../../services
  bin: ../../..
security:
  jwt_issuer: ${JSON.stringify(name)}
  jwt_access_token_expiration: 3600 # seconds
  jwt_refresh_token_expiration: 2592000 # seconds
  jwt_audiences: [web]
`
}

function secretsText(name: string): string {
  const database = name.toLowerCase().replaceAll('-', '_')
  return `{
  // Signs the tokens of this profile. Generated for you.
  "jwt_secret": ${JSON.stringify(randomBytes(48).toString('base64'))},
  // Your database. The password was generated: set it in the database, or replace it with the database's own.
  "database_url": "postgres://postgres:${randomBytes(18).toString('base64url')}@localhost:5432/${database}"
}
`
}

const SERVICES = `# Service configs: only the files listed here are read, such as ../ai/config.yaml.
includes: []
`

const CONFIG = `import type { LoadOptions } from '@systemprompt/env'

const config: LoadOptions = {
  // Secrets that must be set: secrets: { required: ['STRIPE_KEY'] }
}

export default config
`

const JUSTFILE = `export PATH := justfile_directory() / "node_modules/.bin" + ":" + env_var("PATH")

# Log in to SystemPrompt Cloud
login *options:
    systemprompt cloud auth login {{ options }}

# Log out
logout *options:
    systemprompt cloud auth logout {{ options }}

# Show who is logged in
whoami *options:
    systemprompt cloud auth whoami {{ options }}
`
