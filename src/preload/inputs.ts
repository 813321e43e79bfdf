import { changedAt, DIRECTORY, listingSignatureOf, signatureOf } from '../files/signature.ts'
import type { Trail } from '../files/trail.ts'
import { type Environment, variableIn } from '../options/options.ts'
import { isSettingName } from '../schema/setting-name.ts'

/** Everything that a resolution depends on. While it is unchanged, another one would have the same result. */
export interface Inputs {
  readonly cwd: string
  /** The variables that were read, with their values; undefined for those that are not set. */
  readonly variables: ReadonlyMap<string, string | undefined>
  /** Paths and their signatures. */
  readonly files: ReadonlyMap<string, string>
  readonly directories: ReadonlyMap<string, string>
  /** When the newest file was changed, in milliseconds since 1970; infinity if one has changed since it was read. */
  readonly changedAt: number
}

export interface RecordedEnvironment {
  /** The environment, which records what is read from it. */
  readonly env: Environment
  /** The names of the variables that were read so far. */
  readonly names: ReadonlySet<string>
}

/** Wraps an environment so that it records which variables are read. */
export function recordVariables(env: Environment): RecordedEnvironment {
  const names = new Set<string>()
  const record = (name: string | symbol): void => {
    if (typeof name === 'string') names.add(name)
  }
  const recording = new Proxy(env, {
    get(target, name) {
      record(name)
      return Reflect.get(target, name)
    },
    has(target, name) {
      record(name)
      return Reflect.has(target, name)
    },
    getOwnPropertyDescriptor(target, name) {
      record(name)
      return Reflect.getOwnPropertyDescriptor(target, name)
    },
  })
  return { env: recording, names }
}

/** The variables for `~` in a path: Node asks the system for the home directory, not the recording environment. */
const HOME_VARIABLES = ['HOME', 'USERPROFILE']

export function inputsOf(cwd: string, env: Environment, read: Iterable<string>, trail: Trail): Inputs {
  const names = [...new Set([...read, ...HOME_VARIABLES])]
  const files = new Map([...trail.files].map((path) => [path, signatureOf(path)]))
  const directories = new Map([...trail.directories].map((path) => [path, listingSignatureOf(path)]))
  const datedPaths = [...trail.files].filter((path) => files.get(path) !== DIRECTORY)
  // A replaced link or directory leads to other files, which may be old.
  const isUnchanged =
    [...trail.seen].every(([path, signature]) => files.get(path) === signature) &&
    [...trail.listed].every(([path, signature]) => directories.get(path) === signature)
  return {
    cwd,
    variables: new Map(names.map((name) => [name, variableIn(env, name)])),
    files,
    directories,
    changedAt: isUnchanged
      ? Math.max(0, ...[...datedPaths, ...trail.directories].map(changedAt))
      : Number.POSITIVE_INFINITY,
  }
}

export function areInputsUnchanged(inputs: Inputs, cwd: string, env: Environment): boolean {
  const { variables, files, directories } = inputs
  return (
    cwd === inputs.cwd &&
    [...variables].every(([name, value]) => variableIn(env, name) === value) &&
    Object.keys(env).every((name) => !isSettingName(name) || variables.has(name)) &&
    [...files].every(([path, signature]) => signatureOf(path) === signature) &&
    [...directories].every(([path, signature]) => listingSignatureOf(path) === signature)
  )
}
