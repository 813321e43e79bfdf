import { resolve } from 'node:path'
import type { ArgsDef } from './command.ts'
import { type Io, usageError } from './io.ts'

/** Flags that several commands have. */
export const FLAGS = {
  profile: { type: 'string', valueHint: 'name|path', completes: 'profile', description: 'The profile to use' },
  cwd: { type: 'string', valueHint: 'dir', completes: 'directory', description: 'Where to look for the project' },
  json: { type: 'boolean', description: 'Print one JSON document' },
  help: { type: 'boolean', alias: 'h', description: 'Show this help' },
  yes: { type: 'boolean', alias: 'y', description: 'Skip the confirmation prompt' },
} as const satisfies ArgsDef

const { profile, cwd, json, help, yes } = FLAGS

/** Flags of every command for a project. */
export const PROJECT_ARGS = { profile, cwd, json, help } as const satisfies ArgsDef

/** Flags of every command that reads a configuration. */
export const LOAD_ARGS = {
  ...PROJECT_ARGS,
  set: { type: 'string', valueHint: 'path=value', description: 'Override a value; may be repeated' },
} as const satisfies ArgsDef

/** Flags of every command that uses the cloud. */
export const CLOUD_ARGS = {
  ...PROJECT_ARGS,
  timeout: {
    type: 'string',
    valueHint: 'seconds',
    description: 'Timeout for a request, including retries [default: 60]',
  },
} as const satisfies ArgsDef

/** Flags of every command for a tenant's secrets; read-only commands have no others. */
export const TENANT_ARGS = {
  ...CLOUD_ARGS,
  tenant: {
    type: 'string',
    valueHint: 'id',
    completes: 'tenant',
    description: 'The tenant to use instead of the active one',
  },
} as const satisfies ArgsDef

/** Flags of every command that changes a tenant's secrets. */
export const TENANT_CHANGE_ARGS = {
  ...TENANT_ARGS,
  yes,
  'dry-run': { type: 'boolean', alias: 'n', description: 'Show what would be done without doing it' },
  quiet: { type: 'boolean', alias: 'q', description: 'Print nothing on success' },
} as const satisfies ArgsDef

/** The arguments of a command, by the names of its flags. */
export type Args = Readonly<Record<string, unknown>>

/** The value if it is a string that is not empty; undefined otherwise. */
export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** The directory of `--cwd`, else the working directory. */
export function cwdOf(args: Args, io: Io): string {
  return resolve(io.cwd, text(args.cwd) ?? '.')
}

/** The value of a flag that takes a whole number. @throws CliError USAGE */
export function wholeNumber(
  args: Args,
  flag: string,
  { min, max, otherwise }: { readonly min: number; readonly max: number; readonly otherwise: number },
): number {
  const number = Number(args[flag] ?? otherwise)
  if (Number.isInteger(number) && number >= min && number <= max) return number
  throw usageError(`--${flag} takes a whole number from ${min} to ${max}.`)
}

/** The value of `--timeout` in milliseconds; undefined if it is not given. @throws CliError USAGE */
export function timeoutOf({ timeout }: Args): number | undefined {
  if (timeout === undefined) return undefined
  const seconds = Number(timeout)
  if (Number.isFinite(seconds) && seconds > 0 && seconds <= 3_600) return Math.round(seconds * 1000)
  throw usageError('--timeout takes a number of seconds from 1 to 3600.')
}
