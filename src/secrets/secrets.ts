import { configError } from '../errors/errors.ts'
import { throwFrom } from '../errors/throw-from.ts'
import { knownSecret, secretName } from '../schema/secret-names.ts'
import { MASK, nameToShow } from './secret.ts'

const INSPECT = Symbol.for('nodejs.util.inspect.custom')

/** A resolved secret. `key` is its name in files, `env` its name in the environment. */
export interface ResolvedSecret {
  readonly key: string
  readonly env: string
  readonly value: string
}

/**
 * The secrets of a project. Their values can only be read by name: printing, serializing, spreading or cloning this
 * object shows names and masks.
 *
 * @example
 * secrets.get('ANTHROPIC_API_KEY') // string | undefined; the same as secrets.get('anthropic')
 * secrets.require('DATABASE_URL')  // string, or a ConfigError that says where it was looked for
 */
export class Secrets implements Iterable<string> {
  /** Set explicitly, since the build for Node shortens names. */
  static readonly name: string = 'Secrets'
  readonly #byEnv: ReadonlyMap<string, ResolvedSecret>
  readonly #lookedIn: readonly string[]

  /**
   * Created by a load; tests may create one too.
   * @param lookedIn the places a secret may come from, for the message about a missing one
   */
  constructor(secrets: Iterable<ResolvedSecret>, lookedIn: readonly string[]) {
    this.#byEnv = new Map([...secrets].map((secret) => [secret.env, secret]))
    this.#lookedIn = lookedIn
    Object.freeze(this)
  }

  /** Returns a secret's value by any of its names, or undefined. */
  get(name: string): string | undefined {
    return this.#byEnv.get(envNameOf(name))?.value
  }

  /**
   * Returns a secret's value by any of its names.
   * @throws ConfigError SECRET_MISSING, with the places where it was looked for
   */
  require(name: string): string {
    const value = this.get(name)
    if (value !== undefined) return value
    const key = nameToShow(envNameOf(name))
    const lookedIn = this.#lookedIn.join(', ')
    // A variable of that name may be set without being known as a secret.
    const words = knownSecret(name)
      ? {
          message: `is not set; looked in ${lookedIn}`,
          remedy: `export ${key}, add it to .env, or add it to secrets.json`,
        }
      : {
          message: `is not set, or is not known as a secret; looked in ${lookedIn}`,
          remedy:
            'add it to secrets.json, or set the variable and name it in secrets.required or SYSTEMPROMPT_CUSTOM_SECRETS',
        }
    throwFrom(this.require, configError({ code: 'SECRET_MISSING', key, ...words }))
  }

  /** Whether a secret is set, by any of its names. */
  has(name: string): boolean {
    return this.get(name) !== undefined
  }

  /** The number of secrets. */
  get size(): number {
    return this.#byEnv.size
  }

  /** The names in files, sorted: `['anthropic', 'database_url']`. */
  names(): readonly string[] {
    return [...this.#byEnv.values()].map(({ key }) => key).sort()
  }

  /** The names in the environment, sorted: `['ANTHROPIC_API_KEY', 'DATABASE_URL']`. */
  envNames(): readonly string[] {
    return [...this.#byEnv.keys()].sort()
  }

  /** Iterates over the names in files, not the values. */
  [Symbol.iterator](): Iterator<string> {
    return this.names()[Symbol.iterator]()
  }

  /** Returns only the number of secrets: `Secrets(4)`. */
  toString(): string {
    return `Secrets(${this.size})`
  }

  /** Returns the names in files, each with a mask: `{ anthropic: '••••' }`. */
  toJSON(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.names().map((name) => [name, MASK]))
  }

  [INSPECT](_depth: number, options: object, inspect: (value: unknown, options: object) => string): string {
    return `Secrets ${inspect(this.toJSON(), options)}`
  }
}

/** JavaScript callers may pass something else, such as a variable that is not set. */
function envNameOf(name: string): string {
  if (typeof name !== 'string') throw new TypeError('The name of a secret is a string')
  return secretName(name).env
}
