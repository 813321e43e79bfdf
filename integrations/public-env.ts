import { readdirSync, realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { loadConfig, type PublicSettings, type PublicValues, type ResolvedConfig, secretValues } from '../src/index.ts'
import type { SecretValue } from '../src/scan/index.ts'
import type { PluginOptions } from './options.ts'
import { packageDirectories } from './package-directories.ts'

/** What a build knows of the project's configuration. */
export interface PublicEnv {
  readonly values: PublicValues
  /** Which values those are, for a program that asks for them when it runs. */
  readonly settings: PublicSettings
  /** Whether code that asks for this variable asks for a secret. */
  readonly isSecret: (name: string) => boolean
  /** Names of secrets that are required and not there. */
  readonly missing: readonly string[]
  /** What no output may hold, but for what is among the values. */
  readonly secrets: readonly SecretValue[]
}

/** Before anything is loaded. */
export const NOTHING: PublicEnv = {
  values: {},
  settings: { public: [], prefix: [] },
  isSecret: () => false,
  missing: [],
  secrets: [],
}

/**
 * Loads the configuration for a build. Only a program may stop a build, so that what is to be public is asked for apart.
 * @throws ConfigError when it is not valid
 */
export function loadForBuild(options: PluginOptions, root: string) {
  const { cwd, profile, schema, public: wanted, prefix } = options
  return loadConfig({
    cwd: cwd === undefined ? configured(root) : root,
    ...(profile === undefined ? {} : { profile }),
    ...(schema === undefined ? {} : { schema }),
    ...(wanted === undefined ? {} : { public: wanted }),
    ...(prefix === undefined ? {} : { prefix }),
    // What a server is given when it starts need not be there where it is built.
    secrets: { missing: 'warn' },
    variables: ANY,
  })
}

/** Where the search for a project begins. Without one it ends there too, and `.env` files that lie beside package.json would not be seen. */
function configured(root: string): string {
  const isConfiguration = (name: string) => /^\.env(\.|$)|^systemprompt\.config\.|^\.systemprompt$/.test(name)
  return packageDirectories(root).find((directory) => namesIn(directory).some(isConfiguration)) ?? root
}

/** None where there is no such directory, and where nothing in it could be read either. */
function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

/** Takes the place of a schema in `systemprompt.config.*`. */
const ANY: StandardSchemaV1 = {
  '~standard': { version: 1, vendor: '@systemprompt/env', validate: () => ({ value: undefined }) },
}

/**
 * What code may see and what it may not.
 * @throws ConfigError when a value that is to be public is secret
 */
export function publicEnvOf(resolved: Awaited<ReturnType<typeof loadForBuild>>): PublicEnv {
  const values = resolved.publicValues()
  const missing = resolved.warnings.flatMap(({ code, key }) => (code === 'SECRET_MISSING' && key ? [key] : []))
  return {
    values,
    settings: resolved.publicSettings,
    // One that is missing is refused as well: the same code is built where it is there.
    isSecret: (name) => !Object.hasOwn(values, name) && (missing.includes(name) || isSecretName(name, resolved)),
    missing,
    secrets: secretValues(resolved, { env: process.env }),
  }
}

/** Files with secrets, as modules are called that are read from them: also such as `DATABASE_URL_FILE` names. */
export function confidentialFilesOf({
  root,
  layers,
  secrets,
  explain,
}: Pick<ResolvedConfig, 'root' | 'layers' | 'secrets' | 'explain'>): readonly string[] {
  const ofLayers = layers.flatMap(({ name, files = [] }) => (name === 'secrets' || name === 'dotenv' ? files : []))
  const ofSecrets = [...secrets].flatMap((name) => explain(name)[0]?.origin.file ?? [])
  const files = new Set([...ofLayers, ...ofSecrets].map((file) => resolve(root, file)))
  return [...files].flatMap(withRealPath)
}

/** A pipe of the shell, as in `DATABASE_URL_FILE=<(…)`, has no other path, and a file may have gone. */
function withRealPath(file: string): readonly string[] {
  try {
    return [file, realpathSync(file)]
  } catch {
    return [file]
  }
}

function isSecretName(name: string, { secrets, explain }: Pick<ResolvedConfig, 'secrets' | 'explain'>): boolean {
  return secrets.has(name) || explain(name)[0]?.secret === true
}
