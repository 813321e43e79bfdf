import { resolve } from 'node:path'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { type LoadOptions, parseOverrides } from '../index.ts'
import type { ArgsDef } from './command.ts'
import type { Io } from './io.ts'

/** Flags that every command has which reads a configuration. */
export const LOAD_ARGS = {
  profile: { type: 'string', valueHint: 'name|path', completes: 'profile', description: 'The profile to use' },
  cwd: { type: 'string', valueHint: 'dir', completes: 'directory', description: 'Where to look for the project' },
  set: { type: 'string', valueHint: 'path=value', description: 'Override a value; may be repeated' },
  json: { type: 'boolean', description: 'Print one JSON document' },
  help: { type: 'boolean', alias: 'h', description: 'Show this help' },
} as const satisfies ArgsDef

type Args = Readonly<Record<string, unknown>>

/** The options of a load as the flags say. */
export function loadOptions(args: Args, io: Io): LoadOptions {
  return {
    cwd: resolve(io.cwd, typeof args.cwd === 'string' ? args.cwd : '.'),
    env: io.env,
    ...(typeof args.profile === 'string' ? { profile: args.profile } : {}),
    ...(Array.isArray(args.set) ? { overrides: parseOverrides(args.set.map(String)) } : {}),
  }
}

/** The same for what starts no program: secrets and variables that one needs need not be there. */
export function loadOptionsOfBuild(args: Args, io: Io): LoadOptions {
  return { ...loadOptions(args, io), secrets: { missing: 'warn' }, variables: ANY }
}

/** Takes the place of a schema in `systemprompt.config.*`. */
const ANY: StandardSchemaV1 = {
  '~standard': { version: 1, vendor: '@systemprompt/env', validate: () => ({ value: undefined }) },
}
