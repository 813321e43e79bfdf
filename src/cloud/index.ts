/** SystemPrompt Cloud for programs: a client for its API, and its errors. */
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
export type { CloudErrorCode, CloudErrorDetails } from './errors.ts'
export { CLOUD_ERROR_CODES, CloudError, isCloudError } from './errors.ts'
export type { Answer, Request, Transport } from './http.ts'
export type { Clock } from './retry.ts'
