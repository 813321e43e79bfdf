import { findProjectRoot } from './discover.ts'
import { processVariables } from './environment/process-variables.ts'
import { withTrail } from './errors/errors.ts'
import { throwFrom } from './errors/throw-from.ts'
import { type Exposure, expose, type LayerInfo, type ResolvedConfig } from './expose/expose.ts'
import { displayPath } from './files/paths.ts'
import { newTrail } from './files/trail.ts'
import { checkOptions } from './options/check-options.ts'
import { findConfigFile, withConfigFile } from './options/config-file.ts'
import { type AnySchema, type LoadOptions, type SettledOptions, withDefaults } from './options/options.ts'
import { recall } from './preload/remembered.ts'
import { type Resolution, resolve } from './resolve.ts'
import { secretTexts } from './secrets/secret-rule.ts'
import type { MapNode, Path } from './types.ts'
import { runAsync, runSync, type Validation } from './validate/ask-schema.ts'
import { warnOfNoEffect } from './validate/no-effect.ts'
import { remedyForKey, type Validated, validate, validateSecrets } from './validate/validate.ts'

/**
 * Loads a project's configuration: merges profile, secrets, .env files, service configs and environment by precedence,
 * substitutes references, validates and freezes the result. Options in `systemprompt.config.*` apply as well.
 *
 * @throws ConfigError with all problems at once; docs/errors.md has a section for each code
 * @example
 * const { config, secrets, explain } = await loadConfig({ schema })
 * config.server.port             // typed by the schema
 * secrets.require('DATABASE_URL')
 * explain('server.port')         // where it came from, and what it overrode
 */
export async function loadConfig<
  Schema extends AnySchema | undefined = undefined,
  Variables extends AnySchema | undefined = undefined,
>(options: LoadOptions<Schema, Variables> = {}): Promise<ResolvedConfig<Schema, Variables>> {
  try {
    return (await load(options)) as ResolvedConfig<Schema, Variables>
  } catch (error) {
    throwFrom(loadConfig, error)
  }
}

async function load(options: LoadOptions<AnySchema | undefined, AnySchema | undefined>): Promise<Loaded> {
  checkOptions(options)
  const trail = newTrail()
  try {
    const file = findConfigFile(findProjectRoot(withDefaults(options), trail), trail)
    const given = file === undefined ? undefined : await withConfigFile(options, file, trail)
    const settled = withDefaults(given?.options ?? options, given?.file)
    const remembered = file === undefined ? recall(options, settled, trail) : undefined
    return await runAsync(finish(remembered ?? resolve(settled, trail), settled))
  } catch (error) {
    throw withTrail(error, trail)
  }
}

/**
 * The synchronous {@link loadConfig}. It ignores `systemprompt.config.*`, which is loaded asynchronously.
 *
 * @throws ConfigError with all problems at once; docs/errors.md has a section for each code
 * @example
 * const { config, secrets } = loadConfigSync()
 */
export function loadConfigSync<
  Schema extends AnySchema | undefined = undefined,
  Variables extends AnySchema | undefined = undefined,
>(options: LoadOptions<Schema, Variables> = {}): ResolvedConfig<Schema, Variables> {
  try {
    return loadNow(options) as ResolvedConfig<Schema, Variables>
  } catch (error) {
    throwFrom(loadConfigSync, error)
  }
}

function loadNow(options: LoadOptions<AnySchema | undefined, AnySchema | undefined>): Loaded {
  checkOptions(options)
  const trail = newTrail()
  try {
    const settled = withDefaults(options)
    return runSync(finish(recall(options, settled, trail) ?? resolve(settled, trail), settled))
  } catch (error) {
    throw withTrail(error, trail)
  }
}

type Loaded = ResolvedConfig<AnySchema | undefined>

/**
 * The pipeline: discover → read → merge → substitute → validate → expose. `resolve.ts` runs the stages up to validate;
 * this function asks the schemas and exposes the result.
 */
function* finish(resolution: Resolution, options: SettledOptions): Validation<Loaded> {
  const { project, layers, tree, secrets, env, problems } = resolution
  const { config, variables } = resolution.isReadable ? yield* askSchemas(resolution, options) : NO_RESULTS
  problems.throwIfAny()
  return expose({
    tree,
    ...config,
    ...(variables ? { variables } : {}),
    secrets,
    env,
    lookedIn: layers.lookedIn,
    variable: (name) => asObject(layers.variables.get(name)),
    candidates: layers.candidates,
    isSecretName: layers.isSecret,
    variableNames: () => [...Object.keys(options.env), ...layers.dotenvFiles.variables.keys()],
    fileVariables: () => [...layers.secretNames, ...layers.dotenvFiles.variables.keys()],
    settings: { public: options.public, prefix: options.prefix },
    root: project.root,
    profile: project.profile,
    tenant: layers.tenant,
    credentials: layers.credentials,
    layers: layersInUse(resolution),
    warnings: problems.warnings,
    trail: problems.trail,
  })
}

/** What the schemas returned for the configuration and for the variables. */
interface SchemaResults {
  readonly config: Validated
  readonly variables?: Exposure['variables']
}

const NO_RESULTS: SchemaResults = { config: { coerced: new Set() } }

function* askSchemas(resolution: Resolution, options: SettledOptions): Validation<SchemaResults> {
  const { tree, problems } = resolution
  const { secrets, schema, variables } = options
  if (secrets?.schema) {
    const values = Object.fromEntries(resolution.secrets.map(({ env, value }) => [env, value]))
    yield* validateSecrets(values, secrets.schema, secrets.missing ?? 'error', problems)
  }
  const inProcess = variables && processVariables(resolution, options)
  const texts = () => unprintable(resolution, inProcess ? [tree, inProcess] : [tree])
  const hasProfile = resolution.project.profile !== undefined
  const remedy = (path: Path): string => remedyForKey(path, { hasProfile })
  const question = schema && ({ tree, schema, option: 'schema', secrets: texts, remedy } as const)
  const config = question ? yield* validate(question, problems) : NO_RESULTS.config
  if (question) yield* warnOfNoEffect(question, config, problems)
  if (!inProcess) return { config }
  const common = { tree: inProcess, schema: variables, option: 'variables', secrets: texts } as const
  const validated = yield* validate({ ...common, remedy: remedyForVariable }, problems)
  return { config, variables: { ...validated, tree: inProcess } }
}

function remedyForVariable(path: Path): string {
  return `set ${path[0]} in the environment, or add it to .env`
}

/** Every string that no message may repeat. */
function* unprintable({ secrets }: Resolution, trees: readonly MapNode[]): Generator<string> {
  for (const { value } of secrets) yield value
  for (const tree of trees) yield* secretTexts(tree)
}

function layersInUse({ layers, project: { root, profile } }: Resolution): readonly LayerInfo[] {
  const { dotenvFiles, secretsFile, serviceFiles } = layers
  const used: (LayerInfo | false)[] = [
    layers.overrides.entries.size > 0 && { name: 'overrides' },
    { name: 'environment' },
    dotenvFiles.files.length > 0 && { name: 'dotenv', files: dotenvFiles.files },
    secretsFile.found && secretsFile.shown !== undefined && { name: 'secrets', files: [secretsFile.shown] },
    serviceFiles.length > 0 && { name: 'services', files: serviceFiles },
    profile !== undefined && { name: 'profile', files: [displayPath(root, profile.file)] },
    { name: 'defaults' },
  ]
  return used.filter((layer) => layer !== false)
}

function asObject<T extends object>(value: T | string | undefined): T | undefined {
  return typeof value === 'object' ? value : undefined
}
