import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { ProfileRef } from '../discover.ts'
import { ConfigError, configError, type Problem } from '../errors/errors.ts'
import { type LinesOf, rememberedLines } from '../errors/frame.ts'
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

/** One layer that took part. */
export interface LayerInfo {
  readonly name: LayerName
  /** Paths relative to the project root, highest precedence first. */
  readonly files?: readonly string[]
}

/**
 * What a schema makes of the configuration; the profile's own types without one. `undefined` is asked for first, since
 * without `strict` it extends every type.
 */
export type ConfigOf<Schema> = Schema extends undefined
  ? ProfileConfig
  : Schema extends StandardSchemaV1
    ? StandardSchemaV1.InferOutput<Schema>
    : unknown

/** What a schema makes of the variables; undefined without one. */
export type VariablesOf<Schema> = Schema extends undefined
  ? undefined
  : Schema extends StandardSchemaV1
    ? StandardSchemaV1.InferOutput<Schema>
    : unknown

/** What `loadConfig` returns: frozen, and safe to print. */
export interface ResolvedConfig<Schema = undefined, Variables = undefined> {
  /** The configuration, typed by the schema. Deep-frozen; secrets in it are text when read and masked when printed. */
  readonly config: ConfigOf<Schema>
  /** The secrets, each by any of its names. They show masks when printed. */
  readonly secrets: Secrets
  /**
   * Flat text, what the preload would inject: secrets under their environment names and the .env values, less
   * the blocked names, settings (`SYSTEMPROMPT__A__B`) and what the process environment has already. Masked when printed.
   */
  readonly env: Readonly<Record<string, string>>
  /**
   * The variables, typed by the schema that the option `variables` gives, and frozen; undefined without it. Secrets among
   * them are text when read and masked when printed.
   * @example
   * loadConfigSync({ variables: z.object({ PORT: z.number().default(8080) }) }).variables.PORT // 8080
   */
  readonly variables: VariablesOf<Variables>
  /** The directory that holds `.systemprompt`; without one, the working directory. Absolute. */
  readonly root: string
  /** The profile that was loaded; undefined where the project has none. */
  readonly profile: ProfileRef | undefined
  /** The tenant that the profile names, else the active one of tenants.json; undefined where there is none. */
  readonly tenant: Tenant | undefined
  /** The cloud login, of the environment or of credentials.json; undefined where there is none. Its token is masked when printed. */
  readonly credentials: Credentials | undefined
  /** The layers that took part, highest precedence first. */
  readonly layers: readonly LayerInfo[]
  /** What is not right and not an error. */
  readonly warnings: readonly Problem[]
  /** Where the load looked: what to watch. A `ConfigError` has it too. */
  readonly consulted: Consulted
  /**
   * Every value that a key, a secret or a .env variable has or had, the one that counts first; empty for
   * what is not there.
   * @example
   * explain('server.port') // [{ value: 9090, origin: { layer: 'environment', name: 'SYSTEMPROMPT__SERVER__PORT' } }, …]
   */
  readonly explain: (path: string) => readonly Explanation[]
  /**
   * What the options `public` and `prefix` make public, by the names under which client code asks for it.
   * @throws ConfigError PUBLIC_SECRET, PUBLIC_UNKNOWN, PUBLIC_NAME
   * @example
   * loadConfigSync({ public: ['site.name'] }).publicValues() // { site_name: 'Acme' }
   */
  readonly publicValues: () => PublicValues
  /** Which values are public: what the options and `systemprompt.config.*` say together. */
  readonly publicSettings: PublicSettings
  /** Every secret text with its name, those too that another layer overrides. It is what {@link secretValues} gives of a result. */
  readonly secretValues: () => readonly SecretValue[]
}

export interface Exposure {
  readonly tree: MapNode
  /** What the schema made of the tree; absent without a schema. */
  readonly output?: unknown
  readonly coerced: ReadonlySet<string>
  /** What the schema for variables made of them; absent without one. */
  readonly variables?: Pick<Exposure, 'tree' | 'output' | 'coerced'>
  readonly secrets: readonly ResolvedSecret[]
  readonly lookedIn: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly variable: (name: string) => Variable | undefined
  readonly candidates: (name: string) => readonly Candidate[]
  readonly isSecretName: (name: string) => boolean
  readonly variableNames: () => Iterable<string>
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

/** What can be asked about a result. */
export interface Exposed extends Exposure {
  readonly config: unknown
  readonly isSecret: SecretRule
  /** The rule for what the schema for variables made; undefined without one. */
  readonly isSecretVariable: SecretRule | undefined
  /** What is secret in that which the schema for variables made of the text of one, or of all. */
  readonly secretsMadeOf: (variable?: string) => readonly SecretValue[]
  readonly linesOf: LinesOf
}

/** What the caller holds. */
export function expose(exposure: Exposure): ResolvedConfig<StandardSchemaV1 | undefined, StandardSchemaV1 | undefined> {
  const { tree, output, profile, tenant, credentials, layers, warnings } = exposure
  const isSecret = secretRule(exposure)
  const config = 'output' in exposure ? protectOutput(output, 'schema', isSecret) : protect(toPlain(tree), { isSecret })
  const isSecretVariable = exposure.variables && secretRule({ ...exposure.variables, secrets: exposure.secrets })
  const variables = isSecretVariable && protectOutput(exposure.variables?.output, 'variables', isSecretVariable)
  const secretsMadeOf = (name?: string): readonly SecretValue[] => [
    ...(isSecretVariable ? secretsInVariables(variables, isSecretVariable, name) : []),
  ]
  const exposed = { ...exposure, config, isSecret, isSecretVariable, secretsMadeOf, linesOf: rememberedLines() }
  const result = {
    config,
    secrets: new Secrets(exposure.secrets, exposure.lookedIn),
    env: protect(exposure.env, { isSecret: (value) => typeof value === 'string' }) as Readonly<Record<string, string>>,
    variables,
    root: exposure.root,
    profile: profile && Object.freeze(profile),
    tenant: protect(tenant, { isSecret: isTenantSecret }) as Tenant | undefined,
    credentials: protect(credentials, { isSecret: (_, path) => path[0] === 'api_token' }) as Credentials | undefined,
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

/** A schema may make one text of everything. */
function isSecretText(value: unknown, isSecret: SecretRule): boolean {
  return typeof value !== 'object' && isSecret(value, [])
}

/** What a schema makes may throw when it is looked at, and what it says may repeat a value. */
function protectOutput(output: unknown, option: 'schema' | 'variables', isSecret: SecretRule): unknown {
  try {
    return protect(output, { isSecret })
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
