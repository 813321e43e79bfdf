import { configError } from '../errors/errors.ts'
import { nearest } from '../errors/suggest.ts'
import type { Site } from '../types.ts'
import type { WatchOptions } from '../watch-config.ts'
import type { DotenvOptions, LoadOptions, SecretsOptions } from './options.ts'

/** `parts`: the options inside the option, if it is an object of options. */
type Rule = readonly [is: (value: unknown) => boolean, what: string, parts?: readonly string[]]

const isText = (value: unknown): boolean => typeof value === 'string'
const isBoolean = (value: unknown): boolean => typeof value === 'boolean'
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText)
const isTree = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value)
const isSchema = (value: unknown): boolean =>
  (isTree(value) || typeof value === 'function') && isTree(Reflect.get(value, '~standard'))
const isOptional = (is: (value: unknown) => boolean, value: unknown): boolean => value === undefined || is(value)
const part = (tree: object, key: string): unknown => Reflect.get(tree, key)

const SCHEMA: Rule = [isSchema, 'a Standard Schema, such as one of zod, valibot or arktype']

/** Options also come from JavaScript, JSON and YAML, where no compiler checks them. */
const RULES: Readonly<Record<keyof LoadOptions, Rule>> = {
  cwd: [isText, 'a path'],
  profile: [isText, 'the name or path of a profile'],
  schema: SCHEMA,
  variables: SCHEMA,
  secrets: [
    (value) =>
      isTree(value) &&
      isOptional(isTexts, part(value, 'required')) &&
      isOptional(isSchema, part(value, 'schema')) &&
      isOptional((missing) => missing === 'error' || missing === 'warn', part(value, 'missing')),
    "an object with required (a list of names), schema (a Standard Schema) and missing ('error' or 'warn')",
    ['required', 'schema', 'missing'] satisfies (keyof SecretsOptions)[],
  ],
  strict: [isBoolean, 'true or false'],
  overrides: [isTree, 'an object'],
  defaults: [isTree, 'an object'],
  env: [
    (value) => isTree(value) && Object.values(value).every((item) => isOptional(isText, item)),
    'an object of strings',
  ],
  dotenv: [
    (value) =>
      isBoolean(value) ||
      isTexts(value) ||
      (isTree(value) &&
        isOptional(isTexts, part(value, 'files')) &&
        isOptional(isBoolean, part(value, 'bare')) &&
        isOptional(isBoolean, part(value, 'override'))),
    'true, false, a list of files, or an object with files, bare and override',
    ['files', 'bare', 'override'] satisfies (keyof DotenvOptions)[],
  ],
  services: [(value) => isBoolean(value) || isTexts(value), 'true, false or a list of names'],
  onUndefined: [(value) => value === 'error' || value === 'keep' || value === 'empty', "'error', 'keep' or 'empty'"],
  emptyIsValue: [isBoolean, 'true or false'],
  allowEnv: [isTexts, 'a list of names'],
  public: [
    (value) => isTexts(value) || (isTree(value) && Object.values(value).every(isText)),
    'a list of paths and variables, or an object of them',
  ],
  // An empty prefix would make every variable public.
  prefix: [
    (value) => (Array.isArray(value) ? value : [value]).every((item) => isText(item) && item !== ''),
    'a prefix, or a list of prefixes',
  ],
}

const isFunction = (value: unknown): boolean => typeof value === 'function'
const isTime = (value: unknown): boolean => typeof value === 'number' && value >= 0 && value < 2 ** 31

const WATCH_RULES: Readonly<Record<keyof WatchOptions, Rule>> = {
  onChange: [isFunction, 'a function'],
  onError: [isFunction, 'a function'],
  debounce: [isTime, 'a number of milliseconds'],
  poll: [(value) => isTime(value) && value !== 0, 'a number of milliseconds'],
  persistent: [isBoolean, 'true or false'],
  signal: [(value) => value instanceof AbortSignal, 'an AbortSignal'],
}

/** @throws ConfigError INVALID_OPTION for the first option that is unknown or has a wrong value */
export function checkOptions(options: LoadOptions): void {
  check(options, RULES)
}

/**
 * {@link checkOptions} for a file, which may have keys for others: an editor's `$schema`, c12's `extends` and `$env`.
 * @throws ConfigError INVALID_OPTION likewise, with the file
 */
export function checkFileOptions(options: object, at: Site): void {
  check(Object.fromEntries(Object.entries(options).filter(([name]) => !/^(?:\$|extends$)/.test(name))), RULES, at)
}

/** @throws ConfigError INVALID_OPTION for the first option that is unknown or has a wrong value */
export function checkWatchOptions(options: object): void {
  check(options, WATCH_RULES)
}

function check(options: unknown, rules: Readonly<Record<string, Rule>>, at?: Site): void {
  if (!isTree(options)) throw invalid('options', 'is not an object', 'give the options as an object', at)
  for (const [name, [is, what, parts]] of Object.entries(rules)) {
    const value = part(options, name)
    if (value === undefined) continue
    if (!is(value)) throw invalid(name, `is not ${what}`, `give ${name} as ${what}`, at)
    if (parts && isTree(value)) refuseUnknown(value, parts, `${name}.`, at)
  }
  refuseUnknown(options, Object.keys(rules), '', at)
}

function refuseUnknown(options: object, known: readonly string[], within: string, at: Site | undefined): void {
  const unknown = Object.keys(options).find((name) => part(options, name) !== undefined && !known.includes(name))
  if (unknown === undefined) return
  const near = nearest(unknown, known)
  const remedy =
    near === undefined ? `remove it; the options are ${known.join(', ')}` : `did you mean ${within}${near}?`
  throw invalid(within + unknown, 'is not an option', remedy, at)
}

function invalid(key: string, message: string, remedy: string, at: Site | undefined): Error {
  return configError({ code: 'INVALID_OPTION', key, message, remedy, ...(at ? { at } : {}) })
}
