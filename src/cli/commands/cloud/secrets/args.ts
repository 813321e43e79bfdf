import type { ArgsDef } from '../../../command.ts'
import { CLOUD_ARGS, TENANT_ARG, YES_ARG } from '../../../session.ts'

/** Flags of every command for a tenant's secrets; read-only commands have no others. */
export const TENANT_SECRETS_ARGS = { ...CLOUD_ARGS, ...TENANT_ARG } as const satisfies ArgsDef

/** Flags of every command that changes a tenant's secrets. */
export const SECRETS_ARGS = {
  ...TENANT_SECRETS_ARGS,
  ...YES_ARG,
  'dry-run': { type: 'boolean', alias: 'n', description: 'Show what would be done without doing it' },
  quiet: { type: 'boolean', alias: 'q', description: 'Print nothing on success' },
} as const satisfies ArgsDef
