import { resolve } from 'node:path'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { type LoadOptions, parseOverrides } from '../index.ts'
import type { ArgsDef } from './command.ts'
import type { Io } from './io.ts'

/** Flags of every command that reads a configuration. */
export const LOAD_ARGS = {
  profile: { type: 'string', valueHint: 'name|path', completes: 'profile', description: 'The profile to use' },
  cwd: { type: 'string', valueHint: 'dir', completes: 'directory', description: 'Where to look for the project' },
  set: { type: 'string', valueHint: 'path=value', description: 'Override a value; may be repeated' },
  json: { type: 'boolean', description: 'Print one JSON document' },
  help: { type: 'boolean', alias: 'h', description: 'Show this help' },
} as const satisfies ArgsDef

type Args = Readonly<Record<string, unknown>>

/** The options of a load, from the flags. */
export function loadOptions(args: Args, io: Io): LoadOptions {
  return {
    cwd: resolve(io.cwd, typeof args.cwd === 'string' ? args.cwd : '.'),
    env: io.env,
    ...(typeof args.profile === 'string' ? { profile: args.profile } : {}),
    ...(Array.isArray(args.set) ? { overrides: parseOverrides(args.set.map(String)) } : {}),
  }
}

/** The same for commands that start no program: the secrets and variables that one would need may be missing. */
export function loadOptionsOfBuild(args: Args, io: Io): LoadOptions {
  return { ...loadOptions(args, io), secrets: { missing: 'warn' }, variables: ANY }
}

/** Replaces a schema in `systemprompt.config.*`. */
const ANY: StandardSchemaV1 = {
  '~standard': { version: 1, vendor: '@systemprompt/env', validate: () => ({ value: undefined }) },
}
