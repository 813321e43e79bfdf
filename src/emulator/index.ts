/** SystemPrompt Cloud on this machine, for development and tests. */
export type { Plan, TenantInfo } from '../cloud/contract.ts'
export type { DiscoverOptions } from '../discover.ts'
export type { Emulator, EmulatorOptions } from './emulator.ts'
export { startEmulator } from './emulator.ts'
export type { Fault, FaultRule, Faults } from './faults.ts'
export type { Seed, SeedTenant, SeedUser } from './seed.ts'
export { DEFAULT_SEED, parseSeed } from './seed.ts'
export { findEmulatorDirectory } from './state-directory.ts'

/** Where the emulator is not what the service is. */
export const DIFFERENCES: readonly string[] = [
  'It asks you who you are, on a page of its own; no GitHub and no Google is involved.',
  'Users and tenants come from a seed file; they cannot be made or changed.',
  'It keeps an audit log, and takes ETag and If-Match; the service may answer 404, or give no ETag.',
  'Nothing is deployed: a secret that is set restarts no service.',
  'Its limits are its own: 2,000 secrets a tenant, 64 Ki characters a value, 600 requests a minute.',
]
