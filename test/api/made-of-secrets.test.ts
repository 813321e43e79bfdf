import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type LoadOptions, loadConfigSync } from '../../src/index.ts'
import { valueAt } from '../../src/path.ts'
import { configErrorOf } from '../support/config-error.ts'
import { type Files, makeProject, PROFILE, SECRETS } from '../support/temp-project.ts'

const ONE = 'made-up-one-Zx81'
const TWO = 'made-up-two-Qw72'

// biome-ignore lint/suspicious/noExplicitAny: a schema that takes and gives anything
type Loose = any

interface Case {
  readonly profile: string
  readonly secrets?: Readonly<Record<string, string>>
  readonly dotenv?: string
  readonly schema?: LoadOptions['schema']
  /** The path of the value that was made of a secret. */
  readonly at: readonly (string | number)[]
  /** What must not be shown anywhere. */
  readonly hidden: readonly string[]
}

const anything = z.looseObject({})
const API_KEYS = { profile: `cache:\n  api_keys: [${ONE}, ${TWO}]\n`, hidden: [ONE, TWO] }

const CASES: Readonly<Record<string, Case>> = {
  'an item of a list that a string was split into': {
    profile: 'brokers: ${BROKER_LIST}\n',
    secrets: { broker_list: `${ONE}, ${TWO}` },
    schema: z.looseObject({ brokers: z.array(z.string()) }),
    at: ['brokers', 0],
    hidden: [ONE, TWO],
  },
  'a key of an object that a schema parses from a string': {
    profile: 'account: ${ACCOUNT_JSON}\n',
    secrets: { account_json: JSON.stringify({ private: { id: ONE } }) },
    schema: z.looseObject({ account: z.string().transform((text) => JSON.parse(text) as unknown) }),
    at: ['account', 'private', 'id'],
    hidden: [ONE],
  },
  'an item of a string under a name that sounds secret': {
    profile: `tokens: ${ONE}, ${TWO}\n`,
    schema: z.looseObject({ tokens: z.array(z.string()) }),
    at: ['tokens', 1],
    hidden: [ONE, TWO],
  },
  'a key that is a secret': {
    ...API_KEYS,
    schema: anything.transform((all: Loose) => ({
      allowed: Object.fromEntries(all.cache.api_keys.map((key: string) => [key, true])),
    })),
    at: ['allowed'],
  },
  'a key that contains a secret': {
    profile: 'url: redis://u:${CACHE_WORD}@h/0\n',
    secrets: { cache_word: ONE },
    schema: anything.transform((all: Loose) => ({ deep: [{ [`to ${all.url}`]: 1 }] })),
    at: ['deep', 0],
    hidden: [ONE],
  },
  'JSON that escapes a secret': {
    profile: 'deep: {a: "at ${CACHE_WORD}"}\n',
    secrets: { cache_word: `${ONE}"\\` },
    schema: anything.transform((all: Loose) => ({ text: JSON.stringify(all.deep) })),
    at: ['text'],
    hidden: [ONE],
  },
  'JSON in JSON': {
    profile: 'deep: {a: "at ${CACHE_WORD}"}\n',
    secrets: { cache_word: `${ONE}"\\` },
    schema: anything.transform((all: Loose) => ({ text: JSON.stringify({ body: JSON.stringify(all.deep) }) })),
    at: ['text'],
    hidden: [ONE],
  },
  'a string with one of several secrets that begin alike': {
    profile: `api_keys: [${ONE}, ${ONE}-and-more, ${ONE.slice(0, -1)}-or-other]\n`,
    schema: anything.transform(() => ({ text: `to ${ONE.slice(0, -1)}-or-other.` })),
    at: ['text'],
    hidden: [`${ONE.slice(0, -1)}-or-other`],
  },
  'a value of a map with a plural name that sounds secret': {
    profile: `api_keys:\n  stripe: ${ONE}\n  others: [${TWO}]\n`,
    at: ['api_keys', 'stripe'],
    hidden: [ONE, TWO],
  },
  'a number that a schema moves': {
    profile: 'code: ${PIN_WORD}\n',
    secrets: { pin_word: '4815162342' },
    schema: z.looseObject({ code: z.number() }).transform(({ code }) => ({ c: { d: code } })),
    at: ['c', 'd'],
    hidden: ['4815162342'],
  },
  'a short number': {
    profile: 'door: {code: "${DOOR_WORD}"}\n',
    secrets: { door_word: '4815' },
    schema: z.looseObject({ door: z.object({ code: z.coerce.number() }) }),
    at: ['door', 'code'],
    hidden: ['4815'],
  },
  'a bigint that a schema moves': {
    profile: 'account: "${ACCOUNT_WORD}"\n',
    secrets: { account_word: '4815162342' },
    schema: z.looseObject({ account: z.string() }).transform(({ account }) => ({ moved: { to: BigInt(account) } })),
    at: ['moved', 'to'],
    hidden: ['4815162342'],
  },
  'a number of a variable that sounds secret': {
    profile: 'code: ${ACME_PIN_TOKEN}\n',
    dotenv: 'ACME_PIN_TOKEN=4815162342\n',
    schema: z.looseObject({ code: z.number() }).transform(({ code }) => ({ c: { d: code } })),
    at: ['c', 'd'],
    hidden: ['4815162342'],
  },
  'an object with the short parts of a password': {
    profile: `mail: {password: ${ONE}}\n`,
    schema: anything.transform((all: Loose) => ({ mail: { password: { parts: all.mail.password.split('-') } } })),
    at: ['mail', 'password'],
    hidden: ['Zx81'],
  },
  'a URL whose password has a comma': {
    profile: `cache:\n  url: redis://u:made,up-${ONE}@h:6379/0\n`,
    at: ['cache', 'url'],
    hidden: [ONE],
  },
  'an instance whose toJSON shows a private field': {
    ...API_KEYS,
    schema: anything.transform((all: Loose) => ({ client: new PrivateClient(all.cache.api_keys[0]) })),
    at: ['client'],
  },
  'an instance with bytes in it': {
    ...API_KEYS,
    schema: anything.transform((all: Loose) => ({ client: new BytesClient(all.cache.api_keys[0]) })),
    at: ['client'],
    hidden: [ONE, Buffer.from(ONE).toString('hex').replace(/../g, '$& ').trim(), [...Buffer.from(ONE)].join()],
  },
  'bytes in a set in a map': {
    ...API_KEYS,
    schema: anything.transform((all: Loose) => ({
      known: new Map([['keys', new Set([Buffer.from(all.cache.api_keys[0])])]]),
    })),
    at: ['known'],
    hidden: [Buffer.from(ONE).toString('hex').replace(/../g, '$& ').trim()],
  },
  bytes: {
    ...API_KEYS,
    schema: anything.transform((all: Loose) => ({ bytes: new TextEncoder().encode(all.cache.api_keys[0]).buffer })),
    at: ['bytes'],
    hidden: [ONE, Buffer.from(ONE).toString('hex').replace(/../g, '$& ').trim()],
  },
  'an object with a secret in its prototype': {
    ...API_KEYS,
    schema: anything.transform((all: Loose) => ({ client: Object.create({ key: all.cache.api_keys[0] }) })),
    at: ['client'],
  },
  'an instance with a non-enumerable property': {
    ...API_KEYS,
    schema: anything.transform((all: Loose) => ({
      client: Object.defineProperty(new Date(), 'key', { value: all.cache.api_keys[0] }),
    })),
    at: ['client'],
  },
  'an instance with a secret under a weak key': {
    ...API_KEYS,
    schema: anything.transform((all: Loose) => ({ known: new WeakMap([[all, all.cache.api_keys[0]]]) })),
    at: ['known'],
  },
  'a set with a secret after many other values': {
    ...API_KEYS,
    schema: anything.transform((all: Loose) => ({ known: new Set([...Array(150).keys(), all.cache.api_keys[0]]) })),
    at: ['known'],
  },
  'a function with properties': {
    ...API_KEYS,
    schema: anything.transform((all: Loose) => ({ call: Object.assign(() => 1, { key: all.cache.api_keys[0] }) })),
    at: ['call'],
  },
  'a symbol': {
    ...API_KEYS,
    schema: anything.transform((all: Loose) => ({ symbol: Symbol(all.cache.api_keys[0]) })),
    at: ['symbol'],
  },
}

class PrivateClient {
  readonly #key: string
  constructor(key: string) {
    this.#key = key
  }
  toJSON(): unknown {
    return { key: this.#key }
  }
}

class BytesClient {
  readonly bytes: Uint8Array
  constructor(key: string) {
    this.bytes = Buffer.from(key)
  }
}

function load({ profile, secrets = {}, dotenv, schema }: Case, options: LoadOptions = {}) {
  const files: Files = {
    [PROFILE]: `secrets: {validation: skip}\n${profile}`,
    [SECRETS]: JSON.stringify(secrets),
    ...(dotenv === undefined ? {} : { '.env': dotenv }),
  }
  return loadConfigSync({ cwd: makeProject(files), env: {}, ...(schema ? { schema } : {}), ...options })
}

/** The value, printed in every way. */
function printed(value: unknown): string {
  const plain = inspect(value, { depth: null, showHidden: true, maxArrayLength: null })
  return [plain, inspect(value, { depth: null, compact: true }), JSON.stringify(value), JSON.stringify([value])].join(
    '\n',
  )
}

describe.each(Object.entries(CASES))('%s', (_, each) => {
  const { at, hidden } = each
  const isShown = (text: string): boolean => hidden.some((part) => text.includes(part))

  test('is masked, as is everything that contains it', () => {
    const result = load(each)
    for (const value of [result, result.config, valueAt(result.config, at.slice(0, -1))])
      expect(isShown(printed(value))).toBe(false)
    const made = valueAt(result.config, at)
    if (typeof made === 'object' && made !== null && Object.getPrototypeOf(made) === Object.prototype)
      expect(isShown(printed(made))).toBe(false)
  })

  test('can be read', () => {
    const made = valueAt(load(each).config, at)
    expect(['string', 'number', 'bigint', 'object', 'function', 'symbol']).toContain(typeof made)
    if (typeof made === 'string') expect(isShown(made)).toBe(true)
  })

  test('is masked by explain', () => {
    const [path = '', ...rest] = at
    const text = rest.reduce<string>(
      (all, step) => `${all}${typeof step === 'number' ? `[${step}]` : `.${step}`}`,
      `${path}`,
    )
    expect(isShown(printed(load(each).explain(text)))).toBe(false)
  })

  test('cannot be public, nor can what contains it', () => {
    const wanted = String(at[0])
    const error = configErrorOf(() => load(each, { public: [wanted] }).publicValues())
    expect(error.issues.map(({ code }) => code)).toContain('PUBLIC_SECRET')
    expect(isShown(`${error.message}${printed(error.issues)}`)).toBe(false)
  })
})

test.each([
  ['a short secret', 'eu', 'eu'],
  ['the user in a secret URL without a password', 'acme-reader', 'https://acme-reader@db.example/x'],
  ['the user in a secret URL with an empty password', 'acme-reader', 'https://acme-reader:@db.example/x'],
])('a value that only happens to be the same as %s is shown', (_, value, secret) => {
  const { config } = load({ profile: `name: ${value}\n`, secrets: { zone_word: secret }, at: [], hidden: [] })
  expect(JSON.stringify(config)).toContain(`"name":"${value}"`)
})

test('many strings are checked against many secrets', () => {
  const secrets = Object.fromEntries(Array.from({ length: 30_000 }, (_, index) => [`s${index}`, `made-up-${index}.`]))
  const texts = Array.from({ length: 100_000 }, (_, index) => `${'made-up of '.repeat(4)}made-up-${index}.`)
  const { config } = load({
    profile: '',
    secrets,
    schema: anything.transform(() => ({ texts })),
    at: [],
    hidden: [],
  })
  const { texts: shown } = JSON.parse(JSON.stringify(config)) as { texts: string[] }
  expect(shown.findIndex((text) => text !== '••••')).toBe(30_000)
  expect(shown.slice(30_000)).toEqual(texts.slice(30_000))
})

test('an item that a schema splits from a secret is a secret value too', () => {
  const values = load(CASES['an item of a list that a string was split into'] as Case).secretValues()
  expect(values.map(({ value }) => value)).toEqual(expect.arrayContaining([`${ONE}, ${TWO}`, ONE, TWO]))
})

test('the section of the profile named secrets is shown, as is a map under a singular name', () => {
  const { config } = load({ profile: 'auth:\n  issuer: acme\n  pass: {a: b}\n', at: [], hidden: [] })
  expect(config).toMatchObject({ secrets: { validation: 'skip' } })
  expect(inspect(config)).toContain("validation: 'skip'")
  expect(inspect(config)).toContain("issuer: 'acme'")
})

describe('a schema that turns everything into one string', () => {
  const schema = z.looseObject({}).transform((all: Loose) => all.cache.url as string)
  const made: Case = { profile: `cache:\n  url: redis://u:${ONE}@h/0\n`, schema, at: [], hidden: [ONE] }

  test('has it masked when the result is printed, and readable', () => {
    const result = load(made)
    expect(result.config).toBe(`redis://u:${ONE}@h/0`)
    expect(printed(result)).not.toContain(ONE)
    expect(inspect(result)).toContain("config: '••••'")
    expect(Object.keys(result)).toEqual(Object.keys(load({ ...made, schema: z.looseObject({}) })))
    expect(Object.isFrozen(result)).toBe(true)
  })
})

describe('explain of values inside an instance', () => {
  class Cache {
    readonly held: unknown
    readonly urls: unknown
    constructor({ urls }: Loose) {
      this.held = { urls }
      this.urls = urls
    }
  }
  const schema = z.looseObject({}).transform((all: Loose) => ({ cache: new Cache(all.cache) }))
  const each: Case = { profile: `cache:\n  urls: [redis://u:${ONE}@h/0, a]\n`, schema, at: [], hidden: [] }

  test.each(['cache', 'cache.held', 'cache.held.urls', 'cache.urls', 'cache.urls[0]'])('masks secrets: %s', (path) => {
    const explained = load(each).explain(path)
    expect(explained).toHaveLength(1)
    expect(printed(explained)).not.toContain(ONE)
  })
  test('masks a circular object as a whole', () => {
    const circle: Record<string, unknown> = { url: ONE }
    circle.self = circle
    const round = z.looseObject({}).transform(() => ({ cache: new Cache({ urls: circle }) }))
    expect(load({ ...each, schema: round }).explain('cache.held.urls')[0]?.value).toBe('••••')
  })
})

describe('an instance in the output of a schema that throws when it is inspected', () => {
  class Client {
    readonly url: string
    constructor(url: string) {
      this.url = url
      Object.defineProperty(this, 'socket', { enumerable: true, get: notYet })
    }
  }
  class Shy extends Client {
    [inspect.custom] = notYet
  }
  function notYet(): never {
    throw new Error(`not connected to ${ONE}`)
  }

  test.each([
    ['from a property', Client],
    ['from its own inspect function', Shy],
  ])('%s is loaded, and masked with what contains it', (_, Kind) => {
    const schema = z.looseObject({}).transform((all: Loose) => ({ client: new Kind(all.url) }))
    const { config } = load({ profile: `url: redis://u:${ONE}@h/0\n`, schema, at: [], hidden: [] })
    expect((config as Loose).client.url).toContain(ONE)
    expect(printed(config)).not.toContain(ONE)
  })
})

describe('a variable that becomes a URL with a password', () => {
  const dotenv = `PRE=postgres://\nDBX=\${PRE}u:${ONE}@h/db\nL1=\${DBX}\nHALF=${ONE}@h\nDBY=postgres://u:\${HALF}\n`

  test.each(['DBX', 'L1', 'DBY'])('only by substitution is masked: %s', (name) => {
    const made: Case = { profile: 'name: local\n', dotenv, at: [], hidden: [] }
    const result = load(made)
    expect(printed(result.explain(name))).not.toContain(ONE)
    expect(result.secretValues().map(({ value }) => value)).toContain(result.env[name])
    const error = configErrorOf(() => load(made, { public: [name] }).publicValues())
    expect(error.issues.map(({ code, key }) => [code, key])).toEqual([['PUBLIC_SECRET', name]])
  })
})

test('a message shows nothing of a password that contains an @', () => {
  const profile = `name: local\nsite: {name: a}\nurl: redis://u:my@wonderland@\${NOPE}:6379/0\n`
  const { issues } = configErrorOf(() => load({ profile, at: [], hidden: [] }))
  const text = issues.map(({ frame }) => frame).join()
  expect(text).toMatch(/redis:\/\/•+@\$\{NOPE\}/)
  expect(text).not.toMatch(/my@|wonder/)
})
