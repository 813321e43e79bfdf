export type { CheckResult } from './check.ts'
export { checkConfig } from './check.ts'
export type { ProfileChoice, ProfileRef } from './discover.ts'
export { listProfiles } from './discover.ts'
export { childEnvironment } from './environment/child-environment.ts'
export type { Problem } from './errors/errors.ts'
export { ConfigError, isConfigError, renderProblem } from './errors/errors.ts'
export type { ProblemCode } from './errors/problem-codes.ts'
export { PROBLEM_CODES } from './errors/problem-codes.ts'
export { nearest } from './errors/suggest.ts'
export type { Explanation } from './expose/explain.ts'
export type { ConfigOf, LayerInfo, ResolvedConfig, VariablesOf } from './expose/expose.ts'
export type { ProfileConfig } from './expose/profile-config.ts'
export type { Consulted } from './files/trail.ts'
export { loadConfig, loadConfigSync } from './load.ts'
export { defineConfig } from './options/config-file.ts'
export type {
  AnySchema,
  DotenvOptions,
  Environment,
  LoadOptions,
  PlainTree,
  SecretsOptions,
} from './options/options.ts'
export { parseOverrides } from './options/overrides.ts'
export { formatPath, parsePath } from './path.ts'
export type { PublicSettings, PublicValue, PublicValues } from './public/public-values.ts'
export type { TypesFile, TypesFileOptions } from './public/types-file.ts'
export { writeTypes } from './public/types-file.ts'
export type { Credentials } from './read/credentials.ts'
export type { Tenant } from './read/tenants.ts'
export { reveal } from './secrets/mask.ts'
export type { SecretValue } from './secrets/secret-values.ts'
export { secretValues } from './secrets/secret-values.ts'
export { Secrets } from './secrets/secrets.ts'
export type { LayerName, Origin } from './types.ts'
export { LAYERS } from './types.ts'
export type { ConfigChange, ConfigUpdate, ConfigWatcher, WatchOptions } from './watch-config.ts'
export { watchConfig } from './watch-config.ts'
