/**
 * SystemPrompt Cloud for programs: a client for the API, and what the command line does with it.
 */

export type { Problem } from '../errors/errors.ts'
export type { FileErrorCode } from '../files/errors.ts'
export { FileError, unwritable } from '../files/errors.ts'
export { resolvePath } from '../files/paths.ts'
export { readFileBytes } from '../read/guard.ts'
export type { SecretName } from '../schema/secret-names.ts'
export { KNOWN_SECRETS, secretName } from '../schema/secret-names.ts'
export type { SecretsValidation } from '../secrets/resolve-secrets.ts'
export { durationText } from './answers.ts'
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
export type { CloudFiles, StoredLogin } from './credentials.ts'
export { hasCredentials, removeCredentials, storedEmail, writeCredentials } from './credentials.ts'
export { DEFAULT_API_URL } from './endpoint.ts'
export type { CloudErrorCode } from './errors.ts'
export { CLOUD_ERROR_CODES, CloudError, isCloudError } from './errors.ts'
export type { Answer, Request, Transport } from './http.ts'
export { logInAgain } from './log-in-again.ts'
export type { BrowserLogin } from './login.ts'
export { beginBrowserLogin, isTokenText } from './login.ts'
export { activateProfile, findStateDirectory, listProfiles } from './project.ts'
export type { Clock } from './retry.ts'
export type { PlannedFile } from './scaffold.ts'
export { planProject, writeProject } from './scaffold.ts'
export { servicesUsing } from './secret-users.ts'
export type { DotenvSecrets, LocalSecret, LocalSecrets, SecretEdits, SecretsEdit } from './secrets-file.ts'
export { editSecretsFile, mustBeEditable, readDotenvSecrets, readLocalSecrets, secretsInText } from './secrets-file.ts'
export type { CloudSecrets } from './secrets-map.ts'
export { CUSTOM_LIST, cloudName, customList, isManaged, isStale, toCloudSecrets } from './secrets-map.ts'
export type { PlanOptions, SyncPlan } from './sync-plan.ts'
export { planSync } from './sync-plan.ts'
export type { SyncRecord, Target } from './sync-record.ts'
export { forgetSent, readSyncRecord, updateSyncRecord } from './sync-record.ts'
export type { RegisteredTenant, TenantRegistry } from './tenants.ts'
export { activateTenant, readRegistry, updateRegistry } from './tenants.ts'
