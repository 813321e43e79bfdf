import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { ProfileRef } from '../discover.ts'
import { ConfigError, configError, type Problem } from '../errors/errors.ts'
import { cachedLines, type LinesOf } from '../errors/frame.ts'
import { throwFrom } from '../errors/throw-from.ts'
import { type Consulted, consultedOf, type Trail } from '../files/trail.ts'
import { type PublicSettings, type PublicValues, publicValues as publicValuesOf } from '../public/public-values.ts'
import type { Credentials } from '../read/credentials.ts'
import type { Tenant } from '../read/tenants.ts'
import { freezeMasked, protect } from '../secrets/mask.ts'
import { isSecretValue, looksSecret } from '../secrets/secret.ts'
import { type SecretRule, secretRule } from '../secrets/secret-rule.ts'
import { collectSecretValues, type SecretValue, secretsInVariables } from '../secrets/secret-values.ts'
import { type ResolvedSecret, Secrets } from '../secrets/secrets.ts'
import type { Candidate, Variable } from '../substitute/variables.ts'
import { toPlain } from '../tree.ts'
import type { LayerName, MapNode, Path } from '../types.ts'
import { type Explanation, explain } from './explain.ts'
import type { ProfileConfig } from './profile-config.ts'

/** A layer that contributed to the result. */
export interface LayerInfo {
  readonly name: LayerName
  /** Paths relative to the project root, highest precedence first. */
  readonly files?: readonly string[]
}

/**
 * The output type of a schema; the profile's own type without one. `undefined` is checked first, since without `strict`
 * it extends every type.
 */
export type ConfigOf<Schema> = Schema extends undefined
  ? ProfileConfig
  : Schema extends StandardSchemaV1
    ? StandardSchemaV1.InferOutput<Schema>
    : unknown

/** The output type of the schema for variables, which cannot be assigned to; undefined without a schema. */
export type VariablesOf<Schema> = Schema extends undefined
  ? undefined
  : Schema extends StandardSchemaV1<unknown, infer Output>
    ? Output extends object
      ? Readonly<Output>
      : Output
    : unknown

/** The result of `loadConfig`: frozen, and safe to print. */
export interface ResolvedConfig<Schema = undefined, Variables = undefined> {
  /**
   * The configuration, typed by the schema, deeply frozen. Secrets are plain strings when read, masked when printed.
   */
  readonly config: ConfigOf<Schema>
  /** The secrets, each available by any of its names. They are masked when printed. */
  readonly secrets: Secrets
  /**
   * The variables that the preload would inject: secrets by their environment names and .env values, without blocked
   * names, settings (`SYSTEMPROMPT__A__B`) and what the process environment already sets. Masked when printed.
   */
  readonly env: Readonly<Record<string, string>>
  /**
   * The variables, typed by the schema in the option `variables` and frozen; undefined without it. Secrets among them
   * are plain strings when read, masked when printed.
   * @example
   * loadConfigSync({ variables: z.object({ PORT: z.number().default(8080) }) }).variables.PORT // 8080
   */
  readonly variables: VariablesOf<Variables>
  /** The directory that holds `.systemprompt`, or the working directory if there is none. Absolute. */
  readonly root: string
  /** The profile that was loaded; undefined if the project has none. */
  readonly profile: ProfileRef | undefined
  /** The tenant that the profile names, or else the active one in tenants.json; undefined if there is none. */
  readonly tenant: Tenant | undefined
  /** The cloud login, from the environment or credentials.json, if any. Its token is masked when printed. */
  readonly credentials: Credentials | undefined
  /** The layers that contributed, highest precedence first. */
  readonly layers: readonly LayerInfo[]
  /** Problems that are not errors. */
  readonly warnings: readonly Problem[]
  /** Where the load looked, and so what to watch. A `ConfigError` has it too. */
  readonly consulted: Consulted
  /**
   * Returns every value that a key, a secret or a variable has or had, the one in effect first; empty if it has none.
   * @example
   * explain('server.port') // [{ value: 9090, origin: { layer: 'environment', name: 'SYSTEMPROMPT__SERVER__PORT' } }, …]
   */
  readonly explain: (path: string) => readonly Explanation[]
  /**
   * Returns the values that the options `public` and `prefix` make public, by the names that client code uses.
   * @throws ConfigError PUBLIC_SECRET, PUBLIC_UNKNOWN, PUBLIC_NAME
   * @example
   * loadConfigSync({ public: ['site.name'] }).publicValues() // { site_name: 'Acme' }
   */
  readonly publicValues: () => PublicValues
  /** Which values are public, from the options and `systemprompt.config.*` together. */
  readonly publicSettings: PublicSettings
  /** Returns every secret string with its name, even if overridden; the same as {@link secretValues} of the result. */
  readonly secretValues: () => readonly SecretValue[]
}

export interface Exposure {
  readonly tree: MapNode
  /** The schema's output for the tree; absent without a schema. */
  readonly output?: unknown
  readonly coerced: ReadonlySet<string>
  /** The same for the schema for variables; absent without one. */
  readonly variables?: Pick<Exposure, 'tree' | 'output' | 'coerced'>
  readonly secrets: readonly ResolvedSecret[]
  readonly lookedIn: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly variable: (name: string) => Variable | undefined
  /** Every definition of a variable, the one in effect first. */
  readonly candidates: (name: string) => readonly Candidate[]
  /** Whether a variable is declared a secret, not only named like one. */
  readonly isSecretName: (name: string) => boolean
  readonly variableNames: () => Iterable<string>
  /** Names of secrets, and of the variables in .env files. */
  readonly fileVariables: () => Iterable<string>
  readonly settings: PublicSettings
  readonly root: string
  readonly profile: ProfileRef | undefined
  readonly tenant: Tenant | undefined
  readonly credentials: Credentials | undefined
  readonly layers: readonly LayerInfo[]
  readonly warnings: readonly Problem[]
  readonly trail: Trail
}

/** Everything that a result's methods need. */
export interface Exposed extends Exposure {
  /** After the schema, which may have removed parts of the tree and added others. */
  readonly config: unknown
  readonly isSecret: SecretRule
  /** The rule for the output of the schema for variables; undefined without one. */
  readonly isSecretVariable: SecretRule | undefined
  /** The secrets in what the schema for variables made of one variable, or of all. */
  readonly secretsMadeOf: (variable?: string) => readonly SecretValue[]
  readonly linesOf: LinesOf
}

/** Turns a load's findings into the result that callers get. */
export function expose(exposure: Exposure): ResolvedConfig<StandardSchemaV1 | undefined, StandardSchemaV1 | undefined> {
  const { tree, output, profile, tenant, credentials, layers, warnings } = exposure
  const isSecret = secretRule(exposure)
  const config = 'output' in exposure ? protectOutput(output, 'schema', isSecret) : protect(toPlain(tree), isSecret)
  const isSecretVariable = exposure.variables && secretRule({ ...exposure.variables, secrets: exposure.secrets })
  const variables = isSecretVariable && protectOutput(exposure.variables?.output, 'variables', isSecretVariable)
  const secretsMadeOf = (name?: string): readonly SecretValue[] => [
    ...(isSecretVariable ? secretsInVariables(variables, isSecretVariable, name) : []),
  ]
  const exposed = { ...exposure, config, isSecret, isSecretVariable, secretsMadeOf, linesOf: cachedLines() }
  const result = {
    config,
    secrets: new Secrets(exposure.secrets, exposure.lookedIn),
    env: protect(exposure.env, (value) => typeof value === 'string') as Readonly<Record<string, string>>,
    variables,
    root: exposure.root,
    profile: profile && Object.freeze(profile),
    tenant: protect(tenant, isTenantSecret) as Tenant | undefined,
    credentials: protect(credentials, (_, path) => path[0] === 'api_token') as Credentials | undefined,
    layers: Object.freeze(layers),
    warnings: Object.freeze([...warnings]),
    consulted: consultedOf(exposure.trail),
    explain: (path: string) => explain(path, exposed),
    publicValues: askingForPublic(exposed),
    publicSettings: exposure.settings,
    secretValues: () => collectSecretValues(exposed),
  }
  return freezeMasked(result, [
    ...(isSecretText(config, isSecret) ? ['config' as const] : []),
    ...(isSecretVariable && isSecretText(variables, isSecretVariable) ? ['variables' as const] : []),
  ])
}

function askingForPublic(exposed: Exposed): () => PublicValues {
  return function publicValues() {
    try {
      return publicValuesOf(exposed)
    } catch (error) {
      throwFrom(publicValues, error)
    }
  }
}

/** A schema may turn everything into one string. */
function isSecretText(value: unknown, isSecret: SecretRule): boolean {
  return typeof value !== 'object' && isSecret(value, [])
}

/** A schema's output may throw when it is read, and the error may repeat a value. */
function protectOutput(output: unknown, option: 'schema' | 'variables', isSecret: SecretRule): unknown {
  try {
    return protect(output, isSecret)
  } catch (error) {
    if (error instanceof ConfigError) throw error
    throw configError({
      code: 'SCHEMA',
      key: option,
      message: 'returns something that throws when it is read; the error is not shown because it may repeat a value',
      remedy: 'return plain data from the schema, and create what connects or computes in the program',
    })
  }
}

function isTenantSecret(value: unknown, path: Path): boolean {
  const key = String(path.at(-1))
  return typeof value === 'string' && (/database_url$/.test(key) || looksSecret(key) || isSecretValue(value))
}
