import { configError } from './errors.ts'
import type { LoadOptions } from './options.ts'
import type { WatchOptions } from './watch-config.ts'

type Rule = readonly [is: (value: unknown) => boolean, what: string]

const isText = (value: unknown): boolean => typeof value === 'string'
const isBoolean = (value: unknown): boolean => typeof value === 'boolean'
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText)
const isTree = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value)
const isSchema = (value: unknown): boolean =>
  (isTree(value) || typeof value === 'function') && isTree(Reflect.get(value, '~standard'))
const isOptional = (is: (value: unknown) => boolean, value: unknown): boolean => value === undefined || is(value)
const part = (tree: object, key: string): unknown => Reflect.get(tree, key)

const SCHEMA: Rule = [isSchema, 'a Standard Schema, such as one of zod, valibot or arktype']

/** Options come from JavaScript, JSON and YAML too, where no compiler looks at them. */
const RULES: Readonly<Record<keyof LoadOptions, Rule>> = {
  cwd: [isText, 'a path'],
  profile: [isText, 'the name or path of a profile'],
  schema: SCHEMA,
  secrets: [
    (value) =>
      isTree(value) && isOptional(isTexts, part(value, 'required')) && isOptional(isSchema, part(value, 'schema')),
    'an object with required (a list of names) and schema (a Standard Schema)',
  ],
  strict: [isBoolean, 'true or false'],
  overrides: [isTree, 'an object'],
  defaults: [isTree, 'an object'],
  env: [
    (value) => isTree(value) && Object.values(value).every((item) => isOptional(isText, item)),
    'an object of texts',
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
    'the beginning of a name, or a list of them',
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

/** @throws ConfigError INVALID_OPTION for the first option that is not what it should be */
export function checkOptions(options: LoadOptions): void {
  check(options, RULES)
}

/** @throws ConfigError INVALID_OPTION for the first option that is not what it should be */
export function checkWatchOptions(options: object): void {
  check(options, WATCH_RULES)
}

function check(options: object, rules: Readonly<Record<string, Rule>>): void {
  for (const [name, [is, what]] of Object.entries(rules)) {
    const value = part(options, name)
    if (value === undefined || is(value)) continue
    throw configError({
      code: 'INVALID_OPTION',
      key: name,
      message: `is not ${what}`,
      remedy: `give ${name} as ${what}`,
    })
  }
}
