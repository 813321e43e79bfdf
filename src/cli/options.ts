import type { StandardSchemaV1 } from '@standard-schema/spec'
import { type LoadOptions, parseOverrides } from '../index.ts'
import { type Args, cwdOf } from './args.ts'
import type { Io } from './io.ts'

/** The options of a load, from the flags. */
export function loadOptions(args: Args, io: Io): LoadOptions {
  return {
    cwd: cwdOf(args, io),
    env: io.env,
    ...(args.profile === undefined ? {} : { profile: String(args.profile) }),
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
