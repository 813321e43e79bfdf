import { ConfigError, nearest } from '../src/index.ts'
import type { PluginOptions } from './options.ts'

type Rule = readonly [is: (value: unknown) => boolean, what: string]

/** Loading the configuration checks the value. */
const CHECKED_LATER: Rule = [() => true, '']

/** Bundler configurations may be JavaScript, which no compiler checks. */
const RULES: Readonly<Record<keyof PluginOptions, Rule>> = {
  cwd: [(value) => typeof value === 'string', 'a path'],
  profile: CHECKED_LATER,
  schema: CHECKED_LATER,
  public: CHECKED_LATER,
  prefix: CHECKED_LATER,
  consumer: [(value) => value === 'client' || value === 'server', "'client' or 'server'"],
  leakGuard: [(value) => typeof value === 'boolean', 'true or false'],
  phase: [(value) => value === 'build' || value === 'runtime', "'build' or 'runtime'"],
  types: [(value) => typeof value === 'boolean' || typeof value === 'string', 'true, false or a path'],
}

/** @throws ConfigError INVALID_OPTION for the first option that is unknown or invalid */
export function checkPluginOptions(options: unknown): void {
  if (!isOptions(options)) throw invalid('options', 'is not an object', 'give the options as an object')
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue
    const rule = Object.hasOwn(RULES, name) ? RULES[name as keyof PluginOptions] : undefined
    if (!rule) throw invalid(name, 'is not an option', remedyFor(name))
    const [is, what] = rule
    if (!is(value)) throw invalid(name, `is not ${what}`, `give ${name} as ${what}`)
  }
}

/** Whether the value is an object, so that its options can be read. */
export function isOptions(options: unknown): options is object {
  return typeof options === 'object' && options !== null && !Array.isArray(options)
}

function remedyFor(unknown: string): string {
  const near = nearest(unknown, Object.keys(RULES))
  return near === undefined ? `remove it; the options are ${Object.keys(RULES).join(', ')}` : `did you mean ${near}?`
}

function invalid(key: string, message: string, remedy: string): ConfigError {
  const docs = '@systemprompt/env/docs/errors.md#invalid_option'
  return new ConfigError([{ code: 'INVALID_OPTION', key, message, remedy, docs }])
}
