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
  /** Which values are public, for a program that looks them up at run time. */
  readonly settings: PublicSettings
  /** Whether a variable of this name is a secret. */
  readonly isSecret: (name: string) => boolean
  /** Names of required secrets that are missing. */
  readonly missing: readonly string[]
  /** Secrets that no output may contain, except for those that are public values. */
  readonly secrets: readonly SecretValue[]
}

/** Used before anything is loaded. */
export const NOTHING: PublicEnv = {
  values: {},
  settings: { public: [], prefix: [] },
  isSecret: () => false,
  missing: [],
  secrets: [],
}

/**
 * Loads the configuration for a build. Checks that are for the running program, those of required secrets and
 * variables, do not stop it.
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
    // Secrets that a server receives when it starts need not exist where it is built.
    secrets: { missing: 'warn' },
    variables: ANY,
  })
}

/**
 * Where the search for a project begins. If there is no project the search also ends there, and `.env` files beside
 * package.json would be missed.
 */
function configured(root: string): string {
  const isConfiguration = (name: string) => /^\.env(\.|$)|^systemprompt\.config\.|^\.systemprompt$/.test(name)
  return packageDirectories(root).find((directory) => namesIn(directory).some(isConfiguration)) ?? root
}

/** Empty if there is no such directory: then nothing in it could be read either. */
function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

/** Replaces a schema in `systemprompt.config.*`. */
const ANY: StandardSchemaV1 = {
  '~standard': { version: 1, vendor: '@systemprompt/env', validate: () => ({ value: undefined }) },
}

/**
 * What code may see and what it may not.
 * @throws ConfigError when a value listed as public is secret
 */
export function publicEnvOf(resolved: Awaited<ReturnType<typeof loadForBuild>>): PublicEnv {
  const values = resolved.publicValues()
  const missing = resolved.warnings.flatMap(({ code, key }) => (code === 'SECRET_MISSING' && key ? [key] : []))
  return {
    values,
    settings: resolved.publicSettings,
    // A missing secret is refused too: the same code is also built where it exists.
    isSecret: (name) => !Object.hasOwn(values, name) && (missing.includes(name) || isSecretName(name, resolved)),
    missing,
    secrets: secretValues(resolved, { env: process.env }),
  }
}

/**
 * Files that hold secrets, by the paths that a module made from one would have; also those that variables such as
 * `DATABASE_URL_FILE` name.
 */
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

/** A shell pipe, as in `DATABASE_URL_FILE=<(…)`, has no other path, and a file may be gone. */
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
