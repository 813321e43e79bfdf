import type { StandardSchemaV1 } from '@standard-schema/spec'
import { checkOptions } from './check-options.ts'
import { checkProfile, PROFILE_DEFAULTS } from './check-profile.ts'
import { findConfigFile, withConfigFile } from './config-file.ts'
import { disableProviders } from './disable-providers.ts'
import { discover, findProjectRoot, type Project } from './discover.ts'
import { collectProblems, type Problems, withTrail } from './errors.ts'
import { expose, type LayerInfo, type ResolvedConfig } from './expose.ts'
import { flatEnvironment } from './flat-env.ts'
import { type Layers, readLayers } from './layers.ts'
import { merge } from './merge.ts'
import { type LoadOptions, type SettledOptions, withDefaults } from './options.ts'
import { displayPath } from './paths.ts'
import { pathExists } from './read/guard.ts'
import { checkSecrets, resolveSecrets } from './resolve-secrets.ts'
import { isSecretValue, looksSecret } from './secret.ts'
import { substitute } from './substitute.ts'
import { newTrail, type Trail } from './trail.ts'
import { leaves } from './tree.ts'
import type { MapNode, TreeNode } from './types.ts'
import { type Validated, validate, validateSecrets } from './validate.ts'
import { runAsync, runSync, type Validation } from './validation.ts'

/**
 * Resolves a project's configuration: profile, secrets, .env files, service configs and environment, merged
 * by precedence, substituted, checked and frozen. Options in `systemprompt.config.*` are taken along.
 *
 * @throws ConfigError with every problem at once; its codes are the headings of docs/errors.md
 * @example
 * const { config, secrets, explain } = await loadConfig({ schema })
 * config.server.port             // typed by the schema
 * secrets.require('DATABASE_URL')
 * explain('server.port')         // where it came from, and what it overrode
 */
export async function loadConfig<Schema extends StandardSchemaV1 | undefined = undefined>(
  options: LoadOptions<Schema> = {},
): Promise<ResolvedConfig<Schema>> {
  checkOptions(options)
  const trail = newTrail()
  try {
    const file = findConfigFile(findProjectRoot(withDefaults(options), trail), trail)
    const settled = file === undefined ? { options, file: {} } : await withConfigFile(options, file, trail)
    return (await runAsync(load(withDefaults(settled.options, settled.file), trail))) as ResolvedConfig<Schema>
  } catch (error) {
    throw withTrail(error, trail)
  }
}

/**
 * {@link loadConfig} at once and without waiting: everything but `systemprompt.config.*`, which is code.
 *
 * @throws ConfigError with every problem at once; its codes are the headings of docs/errors.md
 * @example
 * const { config, secrets } = loadConfigSync()
 */
export function loadConfigSync<Schema extends StandardSchemaV1 | undefined = undefined>(
  options: LoadOptions<Schema> = {},
): ResolvedConfig<Schema> {
  checkOptions(options)
  const trail = newTrail()
  try {
    return runSync(load(withDefaults(options), trail)) as ResolvedConfig<Schema>
  } catch (error) {
    throw withTrail(error, trail)
  }
}

/** The pipeline: discover → read → merge → substitute → validate → expose. */
function* load(options: SettledOptions, trail: Trail): Validation<ResolvedConfig<StandardSchemaV1 | undefined>> {
  let project: Project | undefined
  const problems = collectProblems(() => project?.profile?.name, trail)
  project = discover(options, problems)
  const layers = readLayers(project, options, problems)
  const isReadable = problems.errors.length === 0
  const merged = mergeLayers(layers, project, options, problems)
  const enabled = disableProviders(merged, layers.variables, options.onUndefined, problems)
  const substituted = substitute(enabled, layers.variables)
  const tree = checkAgainstProfile(substituted, layers, project, options, problems)
  const secrets = resolveSecrets(layers.secretNames, layers.secretsFile, layers.variables)
  checkSecrets(secrets, secretsCheck(layers, options), problems)
  const env = flatEnvironment(layers, secrets, options, problems)
  const { output, coerced } = isReadable ? yield* askSchemas(tree, secrets, options, problems) : UNASKED
  problems.throwIfAny()
  return expose({
    tree,
    output,
    coerced,
    secrets,
    env,
    lookedIn: layers.lookedIn,
    variable: (name) => asObject(layers.variables.get(name)),
    candidates: layers.candidates,
    root: project.root,
    profile: project.profile,
    tenant: layers.tenant,
    credentials: layers.credentials,
    layers: layersInUse(layers, project),
    warnings: problems.warnings,
    trail,
  })
}

const UNASKED: Validated = { output: undefined, coerced: new Set() }

/** Highest precedence last, so that each is laid over what is below it (formats.md, section 6). */
function mergeLayers(layers: Layers, project: Project, { dotenv }: SettledOptions, problems: Problems): MapNode {
  const onUnreachable = (at: TreeNode): void =>
    problems.error({
      code: 'INVALID_OPTION',
      key: at.source.name ?? 'overrides',
      message: 'names an item beyond the end of a list',
      remedy: 'set the whole list, or the item right behind the last',
      at,
    })
  const { overrides, environment, services, profile, defaults } = layers
  const given = project.profile ? merge(defaults, PROFILE_DEFAULTS) : defaults
  const files = [...(profile ? [profile] : []), services].reduce(
    (below, layer) => merge(layer, below, { order: 'upper' }),
    given,
  )
  const variables = dotenv.override ? [environment, layers.dotenv] : [layers.dotenv, environment]
  const withVariables = variables.reduce(
    (below, layer) => merge(layer, below, { foldCase: true, onUnreachable }),
    files,
  )
  return merge(overrides, withVariables, { onUnreachable })
}

function checkAgainstProfile(
  tree: MapNode,
  layers: Layers,
  project: Project,
  options: SettledOptions,
  problems: Problems,
): MapNode {
  const { profile, root } = project
  if (!profile || !layers.profile) return tree
  const file = displayPath(root, profile.file)
  return checkProfile(tree, { profile, file, strict: options.strict, exists: pathExists }, problems)
}

function secretsCheck(layers: Layers, options: SettledOptions): Parameters<typeof checkSecrets>[1] {
  return {
    validation: layers.secretsValidation,
    required: options.secrets?.required ?? [],
    lookedIn: layers.lookedIn,
    isFailed: (env) => layers.variables.get(env) === 'failed',
  }
}

function* askSchemas(
  tree: MapNode,
  secrets: readonly { env: string; value: string }[],
  options: SettledOptions,
  problems: Problems,
): Validation<Validated> {
  if (options.secrets?.schema) {
    const values = Object.fromEntries(secrets.map(({ env, value }) => [env, value]))
    yield* validateSecrets(values, options.secrets.schema, problems)
  }
  if (!options.schema) return UNASKED
  return yield* validate(tree, options.schema, () => secretTexts(tree, secrets), problems)
}

/** Every text that no message may repeat: secrets, what they went into, and what a key's name or its form makes one. */
function* secretTexts(tree: MapNode, secrets: readonly { value: string }[]): Generator<string> {
  for (const { value } of secrets) yield value
  for (const [path, leaf] of leaves(tree)) {
    if (leaf.kind !== 'scalar' || typeof leaf.value !== 'string') continue
    const key = path.findLast((segment) => typeof segment === 'string') ?? ''
    if (leaf.taint || looksSecret(key) || isSecretValue(leaf.value)) yield leaf.value
  }
}

function layersInUse(layers: Layers, { root, profile }: Project): readonly LayerInfo[] {
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
