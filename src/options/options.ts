import type { StandardSchemaV1 } from '@standard-schema/spec'
import { withoutInjected } from '../preload/marker.ts'

/** A schema of any library that has the Standard Schema interface; its own name can stand in the declarations of whoever uses it. */
export interface AnySchema extends StandardSchemaV1 {}

/** The environment as text: `process.env`, or what stands in for it. */
export type Environment = Readonly<Record<string, string | undefined>>

/** A variable's value; what every object has, such as `constructor`, is no variable. */
export function variableIn(env: Environment, name: string): string | undefined {
  return Object.hasOwn(env, name) ? env[name] : undefined
}

/** A tree of plain values, as `overrides` and `defaults` take it. */
export type PlainTree = { readonly [key: string]: unknown }

/** What is asked of the secrets. */
export interface SecretsOptions {
  /** Secrets that must be there, in any of their spellings: `['STRIPE_KEY', 'anthropic']`. */
  readonly required?: readonly string[] | undefined
  /**
   * Any Standard Schema for the secrets under their environment names, `{ STRIPE_KEY: … }`. It can refuse
   * a secret, it does not change one; its messages are not shown, since they may repeat the value.
   */
  readonly schema?: AnySchema | undefined
  /**
   * What one does that must be there and is not, whoever asks for it: `required`, the schema or the profile. A build, which
   * needs none, takes a warning. @default 'error', where the profile's `secrets.validation` does not ask for less
   */
  readonly missing?: 'error' | 'warn' | undefined
}

/** Which .env files are read, and how. */
export interface DotenvOptions {
  /**
   * File names, highest precedence first, relative to the project root.
   * @default ['.env.<profile>.local', '.env.local', '.env.<profile>', '.env']
   */
  readonly files?: readonly string[] | undefined
  /** Also expand `$VAR` without braces. @default false */
  readonly bare?: boolean | undefined
  /** .env files win over the process environment. @default false */
  readonly override?: boolean | undefined
}

/**
 * What to load and how. Every option has a default, also where it is undefined; `loadConfig()` alone does what the
 * documentation says.
 */
export interface LoadOptions<
  Schema extends AnySchema | undefined = AnySchema | undefined,
  Variables extends AnySchema | undefined = AnySchema | undefined,
> {
  /** Where to look for the project, going upward. @default process.cwd() */
  readonly cwd?: string | undefined
  /** A profile's name, or the path of its file or directory. @default SYSTEMPROMPT_PROFILE, the session's, the only one, `local` */
  readonly profile?: string | undefined
  /** Any Standard Schema (zod, valibot, arktype, …) for the whole configuration; `config` has its output type. */
  readonly schema?: Schema
  /**
   * Any Standard Schema for variables by their names, `{ PORT: … }`; `variables` of the result has its output type. It is
   * asked about all that are set, in the environment and in `.env` files, with the secrets: it must take names that it does not know.
   */
  readonly variables?: Variables
  /** Which secrets must be there, and a schema for them. @default none has to be */
  readonly secrets?: SecretsOptions | undefined
  /** Missing required keys, likely typos and loose file modes are errors instead of warnings. @default false */
  readonly strict?: boolean | undefined
  /** Values that win over everything else; a tree, or dotted paths: `{ 'server.port': 9090 }`. */
  readonly overrides?: PlainTree | undefined
  /** Values for keys that nothing else sets. */
  readonly defaults?: PlainTree | undefined
  /** Read instead of `process.env`; never written. What a preload has set in either is left out: it comes from files. */
  readonly env?: Environment | undefined
  /** Whether and which .env files are read. @default true */
  readonly dotenv?: boolean | readonly string[] | DotenvOptions | undefined
  /** Whether and which service configs are read. @default true */
  readonly services?: boolean | readonly string[] | undefined
  /** What an undefined `${VAR}` does: fail the load, stay as its text, or become empty. @default 'error' */
  readonly onUndefined?: 'error' | 'keep' | 'empty' | undefined
  /** An empty environment variable counts as set. @default false */
  readonly emptyIsValue?: boolean | undefined
  /** Names that files may set although they are blocked, such as `NODE_OPTIONS`. @default [] */
  readonly allowEnv?: readonly string[] | undefined
  /**
   * What client code may see: paths of the configuration and variables, or an object that chooses the names under
   * which it sees them, `{ apiUrl: 'server.api_external_url' }`. A secret in it is refused. @default []
   */
  readonly public?: readonly string[] | Readonly<Record<string, string>> | undefined
  /** Variables whose names start so may be seen too; a list for several, `[]` for none. @default 'PUBLIC_' */
  readonly prefix?: string | readonly string[] | undefined
}

/** Options with every default in its place. */
export interface SettledOptions
  extends Settled<'cwd' | 'strict' | 'env' | 'onUndefined' | 'emptyIsValue' | 'allowEnv' | 'public'>,
    Pick<LoadOptions, 'profile' | 'schema' | 'variables' | 'secrets' | 'services'> {
  readonly dotenv: DotenvOptions
  readonly prefix: readonly string[]
  /** Highest precedence first: those in code, then those of the config file. */
  readonly overrides: readonly GivenTree[]
  readonly defaults: readonly GivenTree[]
  /** Milliseconds since 1970. */
  readonly now: number
}

type Settled<Name extends keyof LoadOptions> = { readonly [Key in Name]: NonNullable<LoadOptions[Key]> }

/** What the project's config file gives, for what does not merge like an option. */
export interface FileTrees extends Pick<LoadOptions, 'overrides' | 'defaults'> {
  /** The file, as messages show it. */
  readonly shown: string
}

export interface GivenTree {
  readonly tree: PlainTree
  /** The config file that it stands in, as messages show it; undefined where it was given in code. */
  readonly file?: string
}

/** The only spot that reads the process. */
export function withDefaults(options: LoadOptions, file?: FileTrees): SettledOptions {
  const { cwd, strict, env, onUndefined, emptyIsValue, allowEnv, dotenv, overrides, defaults, prefix, ...rest } =
    options
  return {
    ...rest,
    cwd: cwd ?? workingDirectory(),
    strict: strict ?? false,
    env: withoutInjected(env ?? process.env),
    onUndefined: onUndefined ?? 'error',
    emptyIsValue: emptyIsValue ?? false,
    allowEnv: allowEnv ?? [],
    public: options.public ?? [],
    prefix: typeof prefix === 'string' ? [prefix] : (prefix ?? ['PUBLIC_']),
    dotenv: dotenvOptions(dotenv),
    overrides: givenTrees(overrides, file?.overrides, file),
    defaults: givenTrees(defaults, file?.defaults, file),
    now: Date.now(),
  }
}

/** One that is gone has no name; `.` is told of where somebody looks for it. */
function workingDirectory(): string {
  try {
    return process.cwd()
  } catch {
    return '.'
  }
}

function givenTrees(own: PlainTree | undefined, ofFile: PlainTree | undefined, file?: FileTrees): readonly GivenTree[] {
  return [...(own ? [{ tree: own }] : []), ...(ofFile && file ? [{ tree: ofFile, file: file.shown }] : [])]
}

function dotenvOptions(dotenv: LoadOptions['dotenv']): DotenvOptions {
  if (dotenv === false) return { files: [] }
  if (dotenv === undefined || dotenv === true) return {}
  return isFileList(dotenv) ? { files: dotenv } : dotenv
}

function isFileList(dotenv: readonly string[] | DotenvOptions): dotenv is readonly string[] {
  return Array.isArray(dotenv)
}
