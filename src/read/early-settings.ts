import type { Problems } from '../errors/errors.ts'
import { newTrail } from '../files/trail.ts'
import { merge } from '../merge.ts'
import type { SettledOptions } from '../options/options.ts'
import { formatPath } from '../path.ts'
import { secretName } from '../schema/secret-names.ts'
import type { SecretsValidation } from '../secrets/resolve-secrets.ts'
import { substituteScalar } from '../substitute/substitute.ts'
import { type Candidate, createVariables, type Variable, type Variables } from '../substitute/variables.ts'
import { mapNode, scalarAt } from '../tree.ts'
import type { MapNode } from '../types.ts'
import { type DotenvFiles, inPrecedence } from './dotenv.ts'
import { definitionIn } from './environment.ts'
import { renameMovedKeys } from './profile.ts'
import { readSettings, type SettingVariable, settingNames } from './settings.ts'

/** Settings that locate the other files. They can use variables and .env values, but not secrets. */
export interface EarlySettings {
  /** Resolved with the variables and .env values, unless other variables are given. */
  text(path: string, fallback: string, variables?: Variables): string
  /** SYSTEMPROMPT_SERVICES_PATH, from any layer. */
  readonly servicesPath: Variable | undefined
  readonly customSecrets: readonly string[]
  readonly secretsValidation: SecretsValidation
  readonly cloudValidation: SecretsValidation
}

/** The layers that can be read before any file that a setting names. */
export interface GivenLayers {
  readonly overrides: MapNode
  readonly environment: MapNode
  /** Undefined if there is no profile or it cannot be read. */
  readonly profile: MapNode | undefined
  readonly defaults: MapNode
}

const EARLY = ['secrets', 'cloud', 'paths']

export function readEarlySettings(
  given: GivenLayers,
  files: DotenvFiles,
  options: SettledOptions,
  problems: Problems,
): EarlySettings {
  const dotenv = renameMovedKeys(
    readSettings(
      settingsInDotenv(files, options, (self) => earlyVariables(files, options, SILENT, self)),
      'dotenv',
      SILENT,
    ),
    SILENT,
  )
  const layers = inPrecedence(options.dotenv, { fromProcess: [given.environment], fromFiles: [dotenv] })
  const tree = [given.overrides, ...layers, ...(given.profile ? [given.profile] : []), given.defaults]
    .map((layer) => pickKeys(EARLY, layer))
    .reduceRight((below, layer) => merge(layer, below, { foldCase: true }))
  const variables = earlyVariables(files, options, problems)
  const variable = (name: string): Variable | undefined => {
    const found = variables.get(name)
    return found === undefined || found === 'failed' || found.value === '' ? undefined : found
  }
  const setting = (path: string, known: Variables = variables): string | undefined => {
    const steps = path.split('.')
    const node = scalarAt(tree, steps)
    if (typeof node?.value !== 'string') return undefined
    const expansion =
      node.style === 'literal' ? undefined : known.expand(node.value, { key: formatPath(steps), site: node })
    return typeof expansion === 'object' ? expansion.value : expansion === 'failed' ? undefined : node.value
  }
  return {
    text: (path, fallback, known) => setting(path, known) || fallback,
    servicesPath: variable('SYSTEMPROMPT_SERVICES_PATH'),
    customSecrets: (variable('SYSTEMPROMPT_CUSTOM_SECRETS')?.value ?? '')
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '')
      .map((name) => secretName(name).env),
    secretsValidation: validationOf(setting('secrets.validation'), 'warn'),
    cloudValidation: validationOf(setting('cloud.validation'), 'strict'),
  }
}

/** Problems in .env files are reported later, when all variables are known. */
const SILENT: Problems = {
  errors: [],
  warnings: [],
  trail: newTrail(),
  error: () => undefined,
  warn: () => undefined,
  isReported: () => false,
  withdraw: () => undefined,
  throwIfAny: () => undefined,
}

/** The process environment and .env files: settings that locate the other files cannot come from those. */
function earlyVariables(files: DotenvFiles, options: SettledOptions, problems: Problems, self?: Definition): Variables {
  const { env, emptyIsValue, onUndefined, dotenv } = options
  const isSecret = (): boolean => false
  const candidates = (name: string): readonly Candidate[] =>
    inPrecedence(dotenv, {
      fromProcess: definitionIn({ env, emptyIsValue, isSecret }, name),
      fromFiles: files.variables.get(name) ?? [],
    })
  return createVariables({
    candidates: candidatesBelow(self, candidates),
    names: () => [...Object.keys(env), ...files.variables.keys()],
    isSecret,
    onUndefined,
    bare: dotenv.bare ?? false,
    problems,
  })
}

function pickKeys(keys: readonly string[], tree: MapNode): MapNode {
  return mapNode(new Map([...tree.entries].filter(([key]) => keys.includes(key.toLowerCase()))), tree)
}

function validationOf(text: string | undefined, fallback: SecretsValidation): SecretsValidation {
  return text === 'strict' || text === 'warn' || text === 'skip' ? text : fallback
}

/** One definition of a variable. */
export type Definition = Pick<Variable, 'name' | 'site'>

/** The candidates as one definition of a variable sees them: for its own name, only those below it. */
export function candidatesBelow(
  self: Definition | undefined,
  candidates: (name: string) => readonly Candidate[],
): (name: string) => readonly Candidate[] {
  const after = (all: readonly Candidate[]): readonly Candidate[] =>
    all.slice(all.findIndex(({ site }) => site === self?.site) + 1)
  return (name) => (name === self?.name ? after(candidates(name)) : candidates(name))
}

/**
 * The settings in .env files, from the lowest precedence to the highest. If a setting has several definitions, only the
 * one in effect has its references resolved; those that it overrides stay as written.
 */
export function* settingsInDotenv(
  files: DotenvFiles,
  { dotenv }: SettledOptions,
  variablesOf: (self?: Definition) => Variables,
): Generator<SettingVariable> {
  const variables = variablesOf()
  const rank = (name: string): number => files.files.indexOf(files.variables.get(name)?.[0]?.site.source.file ?? '')
  const names = settingNames(files.variables.keys()).toSorted((one, other) => rank(other) - rank(one))
  for (const name of names) {
    const definitions = files.variables.get(name) ?? []
    const variable = variables.get(name)
    if (typeof variable !== 'object') continue
    // The definitions above it are empty.
    const at = definitions.findIndex(({ site }) => site === variable.site)
    const isEffective = at !== -1
    if (!isEffective && dotenv.override) continue
    const [definition, ...overridden] = definitions.slice(Math.max(at, 0))
    if (!definition) continue
    const { value, site, taint } = isEffective ? variable : { ...definition, taint: undefined }
    const own = isEffective && definition.expands ? variablesOf(variable) : undefined
    yield {
      name,
      value,
      site,
      below: overridden,
      ...(taint ? { taint } : {}),
      ...(own && {
        written: {
          text: definition.value,
          substitute: (node, path) => substituteScalar(node, path, own, { bare: dotenv.bare }),
        },
      }),
    }
  }
}
