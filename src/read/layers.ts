import { join } from 'node:path'
import type { Project } from '../discover.ts'
import type { Problems } from '../errors/errors.ts'
import { displayPath, resolvePath, resolveSetting } from '../files/paths.ts'
import { merge } from '../merge.ts'
import type { GivenTree, SettledOptions } from '../options/options.ts'
import { KNOWN_SECRETS, secretName } from '../schema/secret-names.ts'
import type { SecretsValidation } from '../secrets/resolve-secrets.ts'
import { type Candidate, createVariables, type Variables } from '../substitute/variables.ts'
import { literal, mapNode, variableSource, withNodeAt } from '../tree.ts'
import type { MapNode } from '../types.ts'
import { candidatesIn } from './candidates.ts'
import { type Credentials, readCredentials } from './credentials.ts'
import { type DotenvFiles, dotenvNames, readDotenv } from './dotenv.ts'
import {
  candidatesBelow,
  type Definition,
  type EarlySettings,
  type GivenLayers,
  readEarlySettings,
  settingsInDotenv,
} from './early-settings.ts'
import { definitionIn, readEnvironment } from './environment.ts'
import { readGivenTree } from './given-tree.ts'
import { readProfile, renameMovedKeys } from './profile.ts'
import { NO_SECRETS, readSecrets, type SecretsFile } from './secrets.ts'
import { readServices, type Services } from './services.ts'
import { readSettings, type SettingVariable, settingNames } from './settings.ts'
import { readTenant, type Tenant } from './tenants.ts'

/** Everything that was read, before the merge. */
export interface Layers extends GivenLayers {
  readonly dotenv: MapNode
  /** Under the key `services`. */
  readonly services: MapNode
  readonly variables: Variables
  readonly candidates: (name: string) => readonly Candidate[]
  /** Whether a variable's value cannot be known because of an error, which has been reported. */
  readonly isFailed: (name: string) => boolean
  readonly dotenvFiles: DotenvFiles
  readonly serviceFiles: readonly string[]
  readonly secretsFile: SecretsFile & {
    readonly shown?: string
    /** Whether it is missing and does not have to exist, because secrets come from the environment. */
    readonly isUnneeded?: boolean
  }
  /** Environment names of all secrets: known ones, required ones, those in the file and those that a variable lists. */
  readonly secretNames: ReadonlySet<string>
  /** Whether a variable is a secret, by any of its names. */
  readonly isSecret: (name: string) => boolean
  /** Undefined outside a SystemPrompt project. */
  readonly secretsValidation: SecretsValidation | undefined
  /** Where a secret may come from, for messages about missing ones. */
  readonly lookedIn: readonly string[]
  readonly credentials: Credentials | undefined
  readonly tenant: Tenant | undefined
}

/** Reads every source of a project. A source that cannot be read is reported, and the others are still read. */
export function readLayers(project: Project, options: SettledOptions, problems: Problems): Layers {
  const { root, profile } = project
  const { env } = options
  const given = {
    overrides: readTrees(options.overrides, 'overrides', problems),
    environment: renameMovedKeys(readSettings(settingsIn(env, options), 'environment', problems), problems),
    profile: profile && readProfile(profile.file, displayPath(root, profile.file), problems),
    defaults: readTrees(options.defaults, 'defaults', problems),
  }
  const dotenvFiles = readDotenv(root, options.dotenv.files ?? dotenvNames(profile?.name), problems)
  const settings = readEarlySettings(given, dotenvFiles, options, problems)

  const secretsFile = readSecretsFile(project, settings, options, problems)
  const secretNames = new Set<string>([
    ...KNOWN_SECRETS.map((secret) => secret.env),
    ...(options.secrets?.required ?? []).map((name) => secretName(name).env),
    ...settings.customSecrets,
    ...secretsFile.secrets.keys(),
  ])
  const canonical = memoized((name: string) => secretName(name).env)
  const isSecret = (name: string): boolean => secretNames.has(name) || secretNames.has(canonical(name))
  const environment = readEnvironment({ env, emptyIsValue: options.emptyIsValue, root, isSecret }, problems)
  for (const name of environment.secretFiles) secretNames.add(name)

  const candidates = candidatesIn({ environment, dotenvFiles, secretsFile, isSecret, canonical }, options)
  const known = memoized(candidates)
  const variablesOf = (self?: Definition): Variables =>
    createVariables({
      candidates: candidatesBelow(self, known),
      names: () => [...Object.keys(env), ...dotenvFiles.variables.keys(), ...secretNames],
      isSecret,
      onUndefined: options.onUndefined,
      bare: options.dotenv.bare ?? false,
      problems,
    })
  const variables = variablesOf()
  const services = readServiceFiles(project, settings, variables, options, problems)
  const cloud = readCloud(project, settings, variables, options, problems)
  return {
    ...given,
    environment: withServicesPath(given.environment, settings, root),
    dotenv: renameMovedKeys(
      readSettings(settingsInDotenv(dotenvFiles, options, variablesOf), 'dotenv', problems),
      problems,
    ),
    services: nestUnder('services', services.tree),
    variables,
    candidates,
    isFailed: (name) => variables.get(name) === 'failed' || environment.isUnreadable(name),
    dotenvFiles,
    serviceFiles: services.files,
    secretsFile,
    secretNames,
    isSecret,
    secretsValidation: profile ? settings.secretsValidation : undefined,
    lookedIn: [...environment.lookedIn, ...dotenvFiles.files, ...(secretsFile.shown ? [secretsFile.shown] : [])],
    ...cloud,
  }
}

/** The trees given in code and in the config file, merged; the first has the highest precedence. */
function readTrees(given: readonly GivenTree[], layer: 'overrides' | 'defaults', problems: Problems): MapNode {
  const trees = given.map((tree) => renameMovedKeys(readGivenTree(tree, layer, problems), problems))
  return trees.reduceRight(
    (below, tree) => merge(tree, below),
    mapNode(new Map(), { source: variableSource(layer, layer) }),
  )
}

function readSecretsFile(
  { root, profile }: Project,
  settings: EarlySettings,
  { env, strict, secrets }: SettledOptions,
  problems: Problems,
): Layers['secretsFile'] {
  if (!profile) return NO_SECRETS
  const path = resolvePath(settings.text('secrets.secrets_path', './secrets.json'), profile.directory)
  const shown = displayPath(root, path)
  const file = readSecrets({ path, shown, strict }, problems)
  // A file that exists but cannot be read is not reported as missing as well.
  const isAbsent = !file.found && file.isWhole
  const mayBeAbsent =
    Boolean(env.SYSTEMPROMPT_SUBPROCESS) ||
    Boolean(env.FLY_APP_NAME) ||
    settings.text('secrets.source', 'file') === 'env'
  const validation = settings.secretsValidation
  if (isAbsent && !mayBeAbsent && validation !== 'skip') {
    problems[validation === 'strict' && secrets?.missing !== 'warn' ? 'error' : 'warn']({
      code: 'SECRETS_FILE_MISSING',
      message: 'does not exist',
      remedy: 'create it with mode 0600, or set secrets.source to env if secrets come from the environment',
      at: { source: { layer: 'secrets', file: shown, confidential: true } },
    })
  }
  return { ...file, shown, isUnneeded: isAbsent && mayBeAbsent }
}

function readServiceFiles(
  project: Project,
  settings: EarlySettings,
  variables: Variables,
  options: SettledOptions,
  problems: Problems,
): Services {
  const { root, found, profile } = project
  const { services } = options
  const nothing = { tree: mapNode(new Map(), { source: variableSource('services', 'services') }), files: [] }
  const isNeeded = found || profile !== undefined || settings.servicesPath !== undefined || Array.isArray(services)
  if (services === false || !isNeeded) return nothing
  const configured = settings.text('paths.services', '', variables)
  const fromProfile = profile && configured !== '' ? resolvePath(configured, profile.directory) : join(root, 'services')
  const { servicesPath } = settings
  const directory = servicesPath ? resolvePath(servicesPath.value, root) : fromProfile
  const names = services === undefined || services === true ? undefined : services
  return readServices({ directory, root, names }, problems)
}

function readCloud(
  { root, found, profile }: Project,
  settings: EarlySettings,
  variables: Variables,
  { env, now }: SettledOptions,
  problems: Problems,
): Pick<Layers, 'credentials' | 'tenant'> {
  const state = join(root, '.systemprompt')
  const place = (key: string, name: string): { path: string; shown: string } => {
    const path = profile
      ? resolvePath(settings.text(key, `../../${name}`, variables), profile.directory)
      : join(state, name)
    return { path, shown: displayPath(root, path) }
  }
  const validation = settings.cloudValidation
  const credentials = place('cloud.credentials_path', 'credentials.json')
  const tenants = place('cloud.tenants_path', 'tenants.json')
  return {
    credentials: readCredentials({ env, ...credentials, validation, now }, problems),
    tenant:
      found || profile
        ? readTenant(
            { ...tenants, validation, wanted: settings.text('cloud.tenant_id', '', variables) || undefined },
            problems,
          )
        : undefined,
  }
}

function* settingsIn(env: SettledOptions['env'], { emptyIsValue }: SettledOptions): Generator<SettingVariable> {
  // Not Object.keys, which would read every variable: the preload records which ones a load asks for.
  for (const name of settingNames(Reflect.ownKeys(env).filter((name) => typeof name === 'string'))) {
    for (const { value, site } of definitionIn({ env, emptyIsValue, isSecret: () => false }, name))
      yield { name, value, site }
  }
}

/** Replaces `paths.services`; unlike it, a relative path starts from the root and not from the profile. */
function withServicesPath(tree: MapNode, { servicesPath }: EarlySettings, root: string): MapNode {
  if (!servicesPath) return tree
  return withNodeAt(tree, ['paths', 'services'], literal(resolveSetting(servicesPath.value, root), servicesPath.site))
}

function nestUnder(key: string, tree: MapNode): MapNode {
  return mapNode(tree.entries.size === 0 ? new Map() : new Map([[key, tree]]), tree)
}

/** Definitions of variables are looked up many times, and never change during a load. */
function memoized<T>(find: (name: string) => T): (name: string) => T {
  const known = new Map<string, T>()
  return (name) => {
    const value = known.get(name) ?? find(name)
    known.set(name, value)
    return value
  }
}
