import type { StandardSchemaV1 } from '@standard-schema/spec'
import { withoutInjected } from '../preload/marker.ts'

/** Any schema with the Standard Schema interface, named here so that users' declaration files can refer to it. */
export interface AnySchema extends StandardSchemaV1 {}

/** Environment variables: `process.env`, or an object in its place. */
export type Environment = Readonly<Record<string, string | undefined>>

/** A variable's value. Inherited properties, such as `constructor`, are not variables. */
export function variableIn(env: Environment, name: string): string | undefined {
  return Object.hasOwn(env, name) ? env[name] : undefined
}

/** A tree of plain values, for `overrides` and `defaults`. */
export type PlainTree = { readonly [key: string]: unknown }

/** The secrets that a program requires. */
export interface SecretsOptions {
  /** Secrets that must be set, by any of their names: `['STRIPE_KEY', 'anthropic']`. */
  readonly required?: readonly string[] | undefined
  /**
   * Any Standard Schema for the secrets by their environment names, `{ STRIPE_KEY: … }`. It can reject a secret but not
   * change it; its messages are not shown, since they may repeat the value.
   */
  readonly schema?: AnySchema | undefined
  /**
   * How to report a missing secret that `required`, the schema or the profile requires. `'warn'` suits builds, which
   * need no secrets.
   * @default 'error'; what only the profile requires follows its `secrets.validation`
   */
  readonly missing?: 'error' | 'warn' | undefined
}

/** Which .env files to read, and how. */
export interface DotenvOptions {
  /**
   * File names, highest precedence first, relative to the project root.
   * @default ['.env.<profile>.local', '.env.local', '.env.<profile>', '.env']
   */
  readonly files?: readonly string[] | undefined
  /** Also expand `$VAR` without braces. @default false */
  readonly bare?: boolean | undefined
  /** Let .env files override the process environment. @default false */
  readonly override?: boolean | undefined
}

/** What to load, and how. Every option has a default, which also applies if the option is undefined. */
export interface LoadOptions<
  Schema extends AnySchema | undefined = AnySchema | undefined,
  Variables extends AnySchema | undefined = AnySchema | undefined,
> {
  /** Where to look for the project; parent directories are searched too. @default process.cwd() */
  readonly cwd?: string | undefined
  /**
   * A profile's name, or the path of its file or directory.
   * @default SYSTEMPROMPT_PROFILE, the session's profile, the only one, or `local`
   */
  readonly profile?: string | undefined
  /** Any Standard Schema (zod, valibot, arktype, …) for the whole configuration; `config` has its output type. */
  readonly schema?: Schema
  /**
   * Any Standard Schema for variables by name, `{ PORT: … }`; the result's `variables` has its output type. It receives
   * all variables that are set, in the environment and in `.env` files, with the secrets, so it must allow unknown
   * names.
   */
  readonly variables?: Variables
  /** Which secrets must be set, and a schema for them. @default none is required */
  readonly secrets?: SecretsOptions | undefined
  /** Report missing required keys, likely typos and loose file modes as errors, not as warnings. @default false */
  readonly strict?: boolean | undefined
  /** Values that override everything else: a tree, or dotted paths: `{ 'server.port': 9090 }`. */
  readonly overrides?: PlainTree | undefined
  /** Values for keys that nothing else sets, written like `overrides`. */
  readonly defaults?: PlainTree | undefined
  /**
   * The environment to read, which is never changed. Variables that a preload has set in it are ignored, since their
   * values come from files.
   * @default process.env
   */
  readonly env?: Environment | undefined
  /** Whether to read .env files, and which. @default true */
  readonly dotenv?: boolean | readonly string[] | DotenvOptions | undefined
  /** Whether to read service configs, or the names of those to read. @default true */
  readonly services?: boolean | readonly string[] | undefined
  /** What an undefined `${VAR}` does: fail the load, stay as written, or become empty. @default 'error' */
  readonly onUndefined?: 'error' | 'keep' | 'empty' | undefined
  /** Count an empty environment variable as set. @default false */
  readonly emptyIsValue?: boolean | undefined
  /** Blocked names, such as `NODE_OPTIONS`, that files may set anyway. @default [] */
  readonly allowEnv?: readonly string[] | undefined
  /**
   * What client code may see: paths of the configuration and names of variables, or an object that also chooses the
   * names that client code uses, `{ apiUrl: 'server.api_external_url' }`. Secrets are rejected.
   * @default []
   */
  readonly public?: readonly string[] | Readonly<Record<string, string>> | undefined
  /** Variables with this prefix are public too; a list for several prefixes, `[]` for none. @default 'PUBLIC_' */
  readonly prefix?: string | readonly string[] | undefined
}

/** Options with every default filled in. */
export interface SettledOptions
  extends Settled<'cwd' | 'strict' | 'env' | 'onUndefined' | 'emptyIsValue' | 'allowEnv' | 'public'>,
    Pick<LoadOptions, 'profile' | 'schema' | 'variables' | 'secrets' | 'services'> {
  readonly dotenv: DotenvOptions
  readonly prefix: readonly string[]
  /** Highest precedence first: those given in code, then those of the config file. */
  readonly overrides: readonly GivenTree[]
  readonly defaults: readonly GivenTree[]
  /** Milliseconds since 1970. */
  readonly now: number
}

type Settled<Name extends keyof LoadOptions> = { readonly [Key in Name]: NonNullable<LoadOptions[Key]> }

/** Values of the project's config file that become layers and are not merged as options. */
export interface FileTrees extends Pick<LoadOptions, 'overrides' | 'defaults'> {
  /** The file's name, as messages show it. */
  readonly shown: string
}

export interface GivenTree {
  readonly tree: PlainTree
  /** The config file that it comes from, as messages show it; undefined if it was given in code. */
  readonly file?: string
}

/** The only place that reads the process's state. */
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

/** A removed working directory has no path; `.` is reported when the project is looked for. */
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
