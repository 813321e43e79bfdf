/**
 * What the command line uses: the client, and what its commands do with a project's login, tenants, profiles and
 * secrets. It is internal; programs cannot import it.
 */

export type { FileErrorCode } from '../files/errors.ts'
export { FileError, unwritable } from '../files/errors.ts'
export { refuseTrackedLogin } from '../files/exposure.ts'
export { findProgram } from '../files/find-program.ts'
export { displayPath, resolvePath } from '../files/paths.ts'
export { readFileBytes } from '../read/guard.ts'
export { KNOWN_SECRETS, secretName } from '../schema/secret-names.ts'
export type { SecretsValidation } from '../secrets/resolve-secrets.ts'
export { DEFAULT_API_URL, LOG_IN } from '../service.ts'
export type { CloudFiles } from './credentials.ts'
export { hasCredentials, removeCredentials, storedEmail, writeCredentials } from './credentials.ts'
export * from './index.ts'
export { logInAgain } from './log-in-again.ts'
export type { BrowserLogin } from './login.ts'
export { beginBrowserLogin } from './login.ts'
export { activateProfile, findStateDirectory, profilesIn } from './project.ts'
export { durationText } from './responses.ts'
export type { PlannedFile } from './scaffold.ts'
export { planProject, writeProject } from './scaffold.ts'
export { servicesUsing } from './secret-users.ts'
export type { DotenvSecrets, LocalSecrets, SecretEdits } from './secrets-file.ts'
export {
  editSecretsFile,
  missingFrom,
  mustBeEditable,
  readDotenvSecrets,
  readLocalSecrets,
  secretsInText,
} from './secrets-file.ts'
export { CUSTOM_LIST, cloudName, customList, isManaged, isStale, toCloudSecrets } from './secrets-map.ts'
export type { PlanOptions, SyncPlan } from './sync-plan.ts'
export { planSync } from './sync-plan.ts'
export type { SyncRecord, Target } from './sync-record.ts'
export { beginSending, readSyncRecord, updateSyncRecord } from './sync-record.ts'
export type { TenantRegistry } from './tenants.ts'
export { activateTenant, readRegistry, updateRegistry } from './tenants.ts'
export { isTokenText } from './token.ts'
