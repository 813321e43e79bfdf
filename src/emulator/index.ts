/** SystemPrompt Cloud on this machine, for development and tests. */
export type { Plan, TenantInfo } from '../cloud/contract.ts'
export type { DiscoverOptions } from '../discover.ts'
export type { Emulator, EmulatorOptions } from './emulator.ts'
export { startEmulator } from './emulator.ts'
export type { Fault, FaultRule, Faults } from './faults.ts'
export type { Seed, SeedTenant, SeedUser } from './seed.ts'
export { DEFAULT_SEED, parseSeed } from './seed.ts'
export { findEmulatorDirectory } from './state-directory.ts'

/** How the emulator differs from the service. */
export const DIFFERENCES: readonly string[] = [
  'You log in on a page of the emulator; GitHub and Google are not involved.',
  'Users and tenants come from a seed file; they cannot be created or changed.',
  'It keeps an audit log and supports ETag and If-Match; the service may answer 404 or send no ETag.',
  'Nothing is deployed: setting a secret restarts no service.',
  'Its limits are its own: 2,000 secrets per tenant, 64 Ki characters per value, 600 requests per minute.',
]
