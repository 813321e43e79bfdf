import { join } from 'node:path'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { findRoot } from './discover.ts'
import { configError } from './errors.ts'
import type { LoadOptions } from './options.ts'
import { pathExists } from './read/guard.ts'

const NAME = 'systemprompt.config'
const EXTENSIONS = ['ts', 'mts', 'js', 'mjs', 'cjs', 'json', 'yaml']

/**
 * The options of a project, for `systemprompt.config.ts` beside its package.json.
 *
 * @example
 * import { defineConfig } from '@systemprompt/env'
 * import { z } from 'zod'
 *
 * export default defineConfig({
 *   schema: z.object({ server: z.object({ port: z.number() }) }),
 *   secrets: { required: ['ANTHROPIC_API_KEY'] },
 * })
 */
export function defineConfig<Schema extends StandardSchemaV1 | undefined = undefined>(
  options: LoadOptions<Schema>,
): LoadOptions<Schema> {
  return options
}

/** The project's `systemprompt.config.*`, if there is one; undefined otherwise, and c12 is not loaded. */
export function findConfigFile(cwd: string): string | undefined {
  const root = findRoot(cwd) ?? cwd
  return EXTENSIONS.map((extension) => join(root, `${NAME}.${extension}`)).find(pathExists)
}

/**
 * Options in code over those of the config file; lists such as `secrets.required` are joined.
 * @throws ConfigError CONFIG_FILE when the file cannot be run
 */
export async function withConfigFile(options: LoadOptions, file: string): Promise<LoadOptions> {
  const { loadConfig } = await import('c12')
  const { defu } = await import('defu')
  const cwd = join(file, '..')
  try {
    const { config } = await loadConfig<LoadOptions>({
      name: 'systemprompt',
      cwd,
      configFile: NAME,
      rcFile: false,
      globalRc: false,
      packageJson: false,
      dotenv: false,
      envName: false,
      extend: false,
      giget: false,
    })
    // Schemas and environments are whole: a valibot schema is a plain object that must not be merged into.
    const { schema, env, ...rest } = options
    const { schema: fileSchema, env: fileEnv, ...fileRest } = config
    const chosen = { schema: schema ?? fileSchema, env: env ?? fileEnv }
    return {
      ...defu(rest, fileRest),
      ...Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== undefined)),
    }
  } catch (error) {
    throw configError({
      code: 'CONFIG_FILE',
      message: `cannot be loaded: ${error instanceof Error ? firstLine(error.message) : 'it threw something that is no error'}`,
      remedy: 'run it on its own with node to see more; TypeScript needs Node 22.18 or newer, or jiti: npm i -D jiti',
      at: { source: { layer: 'overrides', file: file.slice(cwd.length + 1), confidential: false } },
    })
  }
}

function firstLine(message: string): string {
  return message.split('\n')[0]?.slice(0, 300) ?? ''
}
