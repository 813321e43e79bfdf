import { join } from 'node:path'
import { loadConfig, type PublicValues, type ResolvedConfig } from '../src/index.ts'
import type { PluginOptions } from './options.ts'
import { type NamedSecret, secretsOf } from './secret-values.ts'

/** What a build knows of the project's configuration. */
export interface PublicEnv {
  readonly values: PublicValues
  /** Whether code that asks for this variable asks for a secret. */
  readonly isSecret: (name: string) => boolean
  /** What no output may hold. */
  readonly secrets: readonly NamedSecret[]
  /** Absolute paths of the files that took part. */
  readonly files: readonly string[]
}

/** Before anything is loaded. */
export const NOTHING: PublicEnv = { values: {}, isSecret: () => false, secrets: [], files: [] }

/**
 * Loads the configuration for a build.
 * @throws ConfigError when it is not valid, or a value that is to be public is secret
 */
export async function readPublicEnv(options: PluginOptions, root: string): Promise<PublicEnv> {
  const { profile, schema, public: wanted, prefix } = options
  const resolved = await loadConfig({
    cwd: root,
    ...(profile === undefined ? {} : { profile }),
    ...(schema === undefined ? {} : { schema }),
    ...(wanted === undefined ? {} : { public: wanted }),
    ...(prefix === undefined ? {} : { prefix }),
  })
  const values = resolved.publicValues()
  const shown = new Set(Object.values(values).filter((value) => typeof value === 'string'))
  return {
    values,
    isSecret: (name) => !Object.hasOwn(values, name) && isSecretName(name, resolved),
    // A key that is named as public may sound like a secret.
    secrets: secretsOf(resolved, process.env).filter(({ value }) => !shown.has(value)),
    files: resolved.layers.flatMap(({ files = [] }) => files.map((file) => join(resolved.root, file))),
  }
}

function isSecretName(name: string, { secrets, explain }: Pick<ResolvedConfig, 'secrets' | 'explain'>): boolean {
  return secrets.has(name) || explain(name)[0]?.secret === true
}
