/**
 * SystemPrompt Cloud for programs: a client for the API, and what the command line does with it.
 */
export type { CloudClientOptions, SecretKeys } from './client.ts'
export { CloudClient } from './client.ts'
export type {
  AuditEntry,
  AuditPage,
  CloudTenant,
  Customer,
  Plan,
  Provider,
  TenantInfo,
  User,
  UserMe,
} from './contract.ts'
export { DEFAULT_API_URL } from './endpoint.ts'
export type { CloudErrorCode } from './errors.ts'
export { CLOUD_ERROR_CODES, CloudError, isCloudError } from './errors.ts'
export type { Answer, Request, Transport } from './http.ts'
export type { Clock } from './retry.ts'
