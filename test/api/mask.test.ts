import { deepStrictEqual } from 'node:assert'
import { Console } from 'node:console'
import { PassThrough } from 'node:stream'
import { format, inspect, isDeepStrictEqual } from 'node:util'
import { Worker } from 'node:worker_threads'
import { beforeAll, describe, expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { loadConfigSync, reveal } from '../../src/index.ts'
import { makeProject, PROFILE, SECRETS } from '../support/temp-project.ts'

const CANARY = 'canary-Zx81Qw7'
const HOOK = 'nodejs.util.inspect.custom'

const FILES = {
  [PROFILE]: `secrets: {validation: skip}
app:
  name: visible-name
  dsn: \${ACME_TOKEN}
  url: redis://default:\${ACME_TOKEN}@h/0
  password: canary-by-its-key
  nested:
    deeper:
      - plain
      - \${ACME_TOKEN}
      - [inner, "x\${ACME_TOKEN}x"]
      - name: item
        token: canary-by-its-key
  matrix:
    - ["\${ACME_TOKEN}"]
  toJSON: \${ACME_TOKEN}
  toString2: plain
  ${HOOK}: \${ACME_TOKEN}
  plain: {a: 1, list: [1, 2]}
  number: \${ACME_PIN_TOKEN}
`,
  [SECRETS]: JSON.stringify({ acme_token: CANARY, acme_pin_token: '48151623' }),
}

// biome-ignore lint/suspicious/noExplicitAny: a configuration without a schema, read in many ways
type Loose = any

let config: Loose

beforeAll(() => {
  config = loadConfigSync({ cwd: makeProject(FILES), env: {} }).config
})

describe('an object that contains a secret returns its real value', () => {
  test('when read', () => {
    const { app } = config
    expect(app.dsn).toBe(CANARY)
    expect(Reflect.get(app, 'dsn')).toBe(CANARY)
    expect(app.url).toBe(`redis://default:${CANARY}@h/0`)
    expect(app.nested.deeper[1]).toBe(CANARY)
    expect(app.nested.deeper[2][1]).toBe(`x${CANARY}x`)
    expect(app.nested.deeper[3].token).toBe('canary-by-its-key')
    expect(app.matrix[0][0]).toBe(CANARY)
    expect(app[HOOK]).toBe(CANARY)
    expect(app.number).toBe(48151623)
  })
  test('when destructured', () => {
    const { dsn, ...rest } = config.app
    const [, second, ...others] = config.app.nested.deeper
    expect([dsn, rest.password, second, others[0][1]]).toEqual([CANARY, 'canary-by-its-key', CANARY, `x${CANARY}x`])
  })
  test('when copied', () => {
    expect({ ...config.app }.dsn).toBe(CANARY)
    expect(Object.assign({}, config.app).dsn).toBe(CANARY)
    expect([...config.app.nested.deeper][1]).toBe(CANARY)
    expect(config.app.nested.deeper.slice()[1]).toBe(CANARY)
    expect(Array.from(config.app.nested.deeper)[1]).toBe(CANARY)
    expect(config.app.nested.deeper.concat(['more'])[1]).toBe(CANARY)
  })
  test('when iterated', () => {
    expect(Object.entries(config.app)).toContainEqual(['dsn', CANARY])
    expect(Object.values(config.app)).toContain(CANARY)
    const seen: unknown[] = []
    for (const key in config.app) seen.push(config.app[key])
    expect(seen).toContain(CANARY)
    expect(config.app.matrix.map((row: unknown[]) => row[0])).toEqual([CANARY])
    expect(config.app.matrix.flat()).toEqual([CANARY])
  })
  test('and has the keys of the file, in their order', () => {
    const keys = ['name', 'dsn', 'url', 'password', 'nested', 'matrix', 'toString2', HOOK, 'plain', 'number']
    expect(Object.keys(config.app).filter((key) => key !== 'toJSON')).toEqual(keys)
    expect(['dsn' in config.app, 'nope' in config.app, Object.hasOwn(config.app, 'dsn')]).toEqual([true, false, true])
  })
  test('and has the usual prototypes and lengths', () => {
    expect(Array.isArray(config.app.nested.deeper)).toBe(true)
    expect(config.app.nested.deeper).toHaveLength(4)
    expect(Object.getPrototypeOf(config.app)).toBe(Object.prototype)
    expect(config.app.nested.deeper).toBeInstanceOf(Array)
    expect(config.app.constructor).toBe(Object)
  })
  test('and its lists compare, spread and join as usual', () => {
    const [, , inner] = config.app.nested.deeper
    const real = ['inner', `x${CANARY}x`]
    expect(inner).toStrictEqual(real)
    expect([isDeepStrictEqual(inner, real), isDeepStrictEqual([...inner], real)]).toEqual([true, true])
    deepStrictEqual(inner, real)
    expect([Object.keys(inner), inner.join()]).toEqual([['0', '1'], real.join()])
    const seen: string[] = []
    for (const key in inner) seen.push(key)
    expect(seen).toEqual(['0', '1'])
  })
  test('unlike one without secrets, which is a plain object', () => {
    expect(config.app.plain).toEqual({ a: 1, list: [1, 2] })
    expect(structuredClone(config.app.plain)).toEqual({ a: 1, list: [1, 2] })
    expect(Object.getOwnPropertyNames(config.app.plain)).toEqual(['a', 'list'])
  })
})

describe('the configuration cannot be changed:', () => {
  test('it is deeply frozen', () => {
    const objects = [
      config,
      config.app,
      config.app.nested,
      config.app.nested.deeper,
      config.app.matrix[0],
      config.app.plain.list,
    ]
    expect(objects.map(Object.isFrozen)).toEqual(Array(objects.length).fill(true))
  })
  test.each<[string, () => unknown]>([
    ['assigning a plain value', () => (config.app.name = 'x')],
    ['assigning a secret', () => (config.app.dsn = 'x')],
    ['assigning a new key', () => (config.app.more = 'x')],
    ['assigning an item', () => (config.app.nested.deeper[1] = 'x')],
    ['pushing', () => config.app.nested.deeper.push('x')],
    ['deleting', () => delete config.app.dsn],
    ['defining', () => Object.defineProperty(config.app, 'dsn', { value: 'x' })],
    ['setting the prototype', () => Object.setPrototypeOf(config.app, null)],
    ['sorting', () => config.app.nested.deeper.sort()],
  ])('%s throws', (_, change) => {
    expect(change).toThrow(TypeError)
    expect([config.app.dsn, config.app.nested.deeper[1]]).toEqual([CANARY, CANARY])
  })
})

describe('printing the configuration shows masks', () => {
  const forms = (): unknown[] => [
    config,
    config.app,
    { config },
    [config.app],
    config.app.nested,
    config.app.nested.deeper,
    config.app.matrix,
    config.app.matrix[0],
    new Map([['key', config.app]]),
    new Set([config.app]),
    new Error('with a cause', { cause: config.app }),
    Object.assign(new Error('with a property'), { config: config.app }),
  ]
  const leaks = (text: string | undefined): boolean => /canary|48151623/.test(text ?? '')

  test('inspect shows everything else', () => {
    expect(inspect(config.app, { depth: null })).toBe(`{
  name: 'visible-name',
  dsn: '••••',
  url: '••••',
  password: '••••',
  nested: {
    deeper: [
      'plain',
      '••••',
      [ 'inner', '••••' ],
      { name: 'item', token: '••••' }
    ]
  },
  matrix: [ [ '••••' ] ],
  toJSON: '••••',
  toString2: 'plain',
  '${HOOK}': '••••',
  plain: { a: 1, list: [ 1, 2 ] },
  number: '••••'
}`)
  })
  test('JSON shows everything else', () => {
    expect(JSON.parse(JSON.stringify(config.app))).toEqual({
      name: 'visible-name',
      dsn: '••••',
      url: '••••',
      password: '••••',
      nested: { deeper: ['plain', '••••', ['inner', '••••'], { name: 'item', token: '••••' }] },
      matrix: [['••••']],
      toJSON: '••••',
      toString2: 'plain',
      [HOOK]: '••••',
      plain: { a: 1, list: [1, 2] },
      number: '••••',
    })
  })
  test('with every combination of the options of inspect', () => {
    const flags = ['customInspect', 'showHidden', 'showProxy', 'getters', 'sorted', 'colors'] as const
    const wrong: string[] = []
    for (let bits = 0; bits < 2 ** flags.length; bits++) {
      const chosen = Object.fromEntries(flags.map((flag, index) => [flag, Boolean(bits & (1 << index))]))
      for (const depth of [0, 1, 4, null])
        for (const compact of [true, false, 3])
          for (const maxArrayLength of [1, null]) {
            const options = { ...chosen, depth, compact, maxArrayLength }
            for (const form of forms()) if (leaks(inspect(form, options))) wrong.push(JSON.stringify(options))
          }
    }
    expect(wrong).toEqual([])
  })
  test.each(['get', 'set'] as const)('with getters: %j', (getters) => {
    for (const form of forms()) expect(leaks(inspect(form, { getters, depth: null, customInspect: false }))).toBe(false)
  })
  test.each(['%s', '%o', '%O', '%j', '%d', '%i'])('with format %s', (placeholder) => {
    for (const form of forms()) expect(leaks(format(placeholder, form))).toBe(false)
  })
  test.each(['log', 'error', 'warn', 'info', 'debug', 'dir', 'dirxml'] as const)('with console.%s', async (method) => {
    const stream = new PassThrough()
    const written = stream.setEncoding('utf8')
    const output = new Console({ stdout: stream, stderr: stream })
    for (const form of forms()) output[method](form)
    if (method !== 'dir') output[method]('text', config.app, 1)
    stream.end()
    let text = ''
    for await (const chunk of written) text += chunk
    expect(text).toContain('visible-name')
    expect(leaks(text)).toBe(false)
  })
  test('with JSON.stringify, indented, nested, with a list of keys', () => {
    for (const form of forms()) {
      expect(leaks(JSON.stringify(form))).toBe(false)
      expect(leaks(JSON.stringify(form, null, 2))).toBe(false)
      expect(leaks(JSON.stringify(form, ['config', 'app', 'dsn', 'nested', 'deeper']))).toBe(false)
    }
  })
  test.each<[string, (list: unknown[]) => string]>([
    ['a template literal', (list) => `${list}`],
    ['String()', String],
    ['toString()', (list) => list.toString()],
    ['toLocaleString()', (list) => list.toLocaleString()],
  ])('with a list in %s', (_, print) => {
    expect(print(config.app.nested.deeper)).toBe('plain,••••,inner,••••,[object Object]')
    expect(print(config.app.matrix)).toBe('••••')
    expect(print(config.app.plain.list)).toBe('1,2')
  })
  test('in the message of a failed assertion', () => {
    const message = (() => {
      try {
        deepStrictEqual(config.app, {})
      } catch (error) {
        return (error as Error).message
      }
    })()
    expect(leaks(message)).toBe(false)
  })
  test('in its property descriptors', () => {
    expect(leaks(inspect(Object.getOwnPropertyDescriptors(config.app), { getters: true, depth: null }))).toBe(false)
  })
})

describe('a key of the file that is named like a hook', () => {
  test.each<[string, string]>([
    ['toJSON', 'toJSON: canary\nother_token: canary-2'],
    ['toJSON, next to a secret', 'toJSON: plain\ntoken: canary'],
    ['toJSON, a map', 'toJSON: {a: plain}\ntoken: canary'],
    [HOOK, `${HOOK}: plain\ntoken: canary`],
    ['toString', 'toString: plain\ntoken: canary'],
    ['valueOf', 'valueOf: plain\ntoken: canary'],
    ['then', 'then: plain\ntoken: canary'],
    ['get', 'get: plain\ntoken: canary'],
    ['length', 'length: 3\ntoken: canary'],
  ])('%s does not replace the hook', (_, profile) => {
    const indented = profile.replaceAll(/^/gm, '  ')
    const { app } = loadConfigSync({ cwd: makeProject({ [PROFILE]: `app:\n${indented}\n` }), env: {} }).config as Loose
    const token = app.token ?? app.other_token
    expect(token).toMatch(/^canary/)
    for (const text of [inspect(app), inspect(app, { customInspect: false, getters: true }), JSON.stringify(app)]) {
      expect(text).not.toContain(token)
      expect(text).toContain('••••')
    }
  })
  test('toJSON in an object without secrets is an ordinary key', () => {
    const { app } = loadConfigSync({ cwd: makeProject({ [PROFILE]: 'app: {toJSON: 1}' }), env: {} }).config as Loose
    expect([app.toJSON, Object.keys(app), JSON.stringify(app)]).toEqual([1, ['toJSON'], '{"toJSON":1}'])
  })
})

describe('reveal', () => {
  test('returns a plain copy with the secrets in it', () => {
    const copy = reveal(config)
    expectTypeOf(copy).toEqualTypeOf<Loose>()
    expect(copy.app.dsn).toBe(CANARY)
    expect(copy.app.nested.deeper[2]).toEqual(['inner', `x${CANARY}x`])
    expect(JSON.stringify(copy.app.matrix)).toBe(`[["${CANARY}"]]`)
  })
  test('returns a copy that can be changed without changing the configuration', () => {
    const copy = reveal(config)
    copy.app.dsn = 'other'
    copy.app.nested.deeper.push('more')
    delete copy.app.name
    expect([config.app.dsn, config.app.nested.deeper.length, config.app.name]).toEqual([CANARY, 4, 'visible-name'])
  })
  test('returns a copy that can be cloned, unlike the configuration', async () => {
    expect(() => structuredClone(config.app)).toThrow(/could not be cloned/)
    expect(isDeepStrictEqual(structuredClone(reveal(config.app)), reveal(config.app))).toBe(true)
    const source =
      "const { parentPort, workerData } = require('node:worker_threads'); parentPort.postMessage(workerData.dsn)"
    const worker = new Worker(source, { eval: true, workerData: reveal(config.app) })
    await expect(new Promise((resolve) => worker.once('message', resolve))).resolves.toBe(CANARY)
  })
  test('returns every key, even one named toJSON', () => {
    expect(Object.keys(reveal(config.app))).toContain('toJSON')
    expect(reveal(config.app).toJSON).toBe(CANARY)
  })
  test.each([1, 'text', null, undefined, true])('returns %j unchanged', (value) => {
    expect(reveal(value)).toBe(value)
  })
})

describe('the output of a schema', () => {
  class Dsn {
    readonly text: string
    constructor(text: string) {
      this.text = text
    }
  }
  const URL_WITH_PASSWORD = 'https://DEFAULT:canary pw@HOST.example/0'
  const files = {
    [PROFILE]: `secrets: {validation: skip}
app:
  since: 2026-01-02
  home: https://acme.example/a
  pairs: "a=1"
  name: n
  dsn: \${ACME_DSN}
  list: \${ACME_LIST_TOKEN}
  json: \${ACME_JSON_TOKEN}
  split: \${ACME_TOKEN}
`,
    [SECRETS]: JSON.stringify({
      acme_dsn: URL_WITH_PASSWORD,
      acme_list_token: 'canary-1,canary-2',
      acme_json_token: '{"user":"canary-3","inner":{"note":"canary-4"},"notes":["canary-5"]}',
      acme_token: 'canary-67890:canary-12345',
    }),
  }
  const load = (shape: z.ZodRawShape): Loose => {
    const schema = z.object({ app: z.object(shape) })
    return loadConfigSync({ cwd: makeProject(files), env: {}, schema }).config.app
  }
  const dump = (value: unknown): string =>
    [
      inspect(value, { depth: null }),
      inspect(value, { depth: null, customInspect: false, getters: true, showHidden: true, showProxy: true }),
      JSON.stringify(value),
    ].join('\n')

  test('keeps a date, a URL, a map, a set, a class instance and a function unchanged', () => {
    const app = load({
      since: z.string().transform((text) => new Date(text)),
      home: z.string().transform((text) => new URL(text)),
      pairs: z.string().transform((text) => new Map([text.split('=') as [string, string]])),
      name: z.string().transform((text) => Object.assign(() => text, { kind: 'function' })),
      dsn: z.string().transform((text) => new Dsn(text)),
      list: z.string().transform((text) => new Set(text.split(','))),
    })
    expect(app.since.getTime()).toBe(Date.UTC(2026, 0, 2))
    expect(app.home.hostname).toBe('acme.example')
    expect(app.pairs.get('a')).toBe('1')
    expect(app.name()).toBe('n')
    expect(app.dsn).toBeInstanceOf(Dsn)
    expect(app.dsn.text).toBe(URL_WITH_PASSWORD)
    expect(app.list.has('canary-2')).toBe(true)
  })
  test.each<[string, z.ZodRawShape]>([
    ['a URL', { dsn: z.string().transform((text) => new URL(text)) }],
    ['a class instance', { dsn: z.string().transform((text) => new Dsn(text)) }],
    ['a map', { dsn: z.string().transform((text) => new Map([['dsn', text]])) }],
    ['a set', { dsn: z.string().transform((text) => new Set([text])) }],
    ['a buffer', { dsn: z.string().transform((text) => Buffer.from(text)) }],
    ['a longer string', { dsn: z.string().transform((text) => `Bearer ${text}`) }],
    ['an encoded string', { dsn: z.string().transform((text) => Buffer.from(text).toString('base64')) }],
    ['a list that the schema requires', { list: z.array(z.string()) }],
    ['a list', { list: z.string().transform((text) => text.split(',')) }],
    ['an object', { json: z.string().transform((text) => JSON.parse(text) as object) }],
    [
      'an object with parts',
      { split: z.string().transform((text) => ({ left: text.split(':')[0], right: text.split(':')[1] })) },
    ],
  ])('masks %s made of a secret', (_, shape) => {
    const printed = dump(load(shape))
    expect(printed).not.toMatch(/canary|63 61 6e 61 72 79/)
    expect(printed).not.toContain(Buffer.from(URL_WITH_PASSWORD).toString('base64').slice(0, 16))
  })
  test('masks a value under another key that contains the secret', () => {
    const schema = z
      .object({ app: z.object({ dsn: z.string(), list: z.string() }) })
      .transform(({ app }) => ({ header: `Bearer ${app.dsn}`, target: app.dsn, both: { first: app.list } }))
    const { config: made } = loadConfigSync({ cwd: makeProject(files), env: {}, schema })
    expect(made.header).toBe(`Bearer ${URL_WITH_PASSWORD}`)
    expect(dump(made)).not.toContain('canary')
  })
  test('masks the password that a schema extracts from a URL, under any key', () => {
    const schema = z.object({ app: z.object({ dsn: z.string() }) }).transform(({ app }) => {
      const { hostname, username, password } = new URL(app.dsn)
      return { cache: { hostname, username, word: decodeURIComponent(password), raw: password } }
    })
    const { config: made } = loadConfigSync({ cwd: makeProject(files), env: {}, schema })
    expect(made.cache.word).toBe('canary pw')
    expect(dump(made)).not.toContain('canary')
    expect(dump(made)).toContain('host.example')
  })
  test('shows a value that has nothing to do with a secret', () => {
    expect(dump(load({ name: z.string().transform((text) => `${text}-visible`), home: z.string() }))).toContain(
      'n-visible',
    )
  })

  describe('for the whole configuration', () => {
    class Config {
      declare app: { dsn: string; name: string }
      declare first: string
      readonly #app: { dsn: string }
      constructor({ app }: { app: { dsn: string; name: string } }) {
        Object.assign(this, { app, first: app.dsn })
        this.#app = app
      }
      get dsn(): string {
        return this.#app.dsn
      }
      rename(name: string): this {
        this.first = name
        return this
      }
      static is(value: object): boolean {
        return #app in value
      }
    }
    const loadAs = <T>(make: (config: { app: { dsn: string; name: string } }) => T) => {
      const schema = z.object({ app: z.object({ dsn: z.string(), name: z.string() }) }).transform(make)
      return loadConfigSync({ cwd: makeProject(files), env: {}, schema })
    }
    const shown = (value: unknown): string =>
      [
        inspect(value, { depth: null }),
        inspect(value, { depth: null, getters: true, showHidden: true, showProxy: true }),
        format('%s %o %O %j', value, value, value, value),
        JSON.stringify(value),
      ].join('\n')

    test('is printed with masks if it is an instance, as are the result and its parts', () => {
      const result = loadAs((config) => new Config(config))
      for (const value of [result.config, result, result.config.app]) expect(shown(value)).not.toContain('canary')
      expect(inspect(result.config)).toBe("Config { app: { dsn: '••••', name: 'n' }, first: '••••' }")
      expect(JSON.stringify(result.config)).toBe('{"app":{"dsn":"••••","name":"n"},"first":"••••"}')
      expect(Object.isFrozen(result.config.app)).toBe(true)
    })
    test('stays the same instance, with its methods and private fields', () => {
      let made: Config | undefined
      const { config: given } = loadAs((config) => {
        made = new Config(config)
        return made
      })
      expect(given).toBe(made)
      expect([given instanceof Config, Config.is(given)]).toEqual([true, true])
      expect([given.dsn, given.app.dsn, given.first]).toEqual(Array(3).fill(URL_WITH_PASSWORD))
      expect([Object.keys(given), Object.keys({ ...given })]).toEqual([
        ['app', 'first'],
        ['app', 'first'],
      ])
      expect(given.rename('x').first).toBe('x')
    })
    test('is copied as plain data by reveal', () => {
      const plain = { app: { dsn: URL_WITH_PASSWORD, name: 'n' }, first: URL_WITH_PASSWORD }
      expect(structuredClone(reveal(loadAs((config) => new Config(config)).config))).toEqual(plain)
    })
    test('is masked in what its own toJSON and inspect return', () => {
      class Hooked extends Config {
        toJSON(): object {
          return { where: `at ${this.dsn}`, kind: 'visible' }
        }
        [Symbol.for(HOOK)](): string {
          return `<${this.dsn}>`
        }
      }
      const { config: given } = loadAs((config) => new Hooked(config))
      expect(JSON.stringify(given)).toBe('{"where":"••••","kind":"visible"}')
      expect(shown(given)).not.toContain('canary')
    })
    test('may be the same instance at every load', () => {
      const shared = Object.assign(Object.create({ own: true }) as { app?: object })
      for (let round = 0; round < 2; round++) {
        const { config: given } = loadAs((config) => Object.assign(shared, config))
        expect(shown(given)).not.toContain('canary')
        expect(reveal(given).app).toMatchObject({ dsn: URL_WITH_PASSWORD })
      }
    })
    test('may be a URL or a map', () => {
      const { config: url } = loadAs(({ app }) => new URL(app.dsn))
      expect([url.hostname, inspect(url), JSON.stringify({ url })]).toEqual([
        'host.example',
        'URL {}',
        '{"url":"••••"}',
      ])
      const { config: pairs } = loadAs(({ app }) => new Map([['dsn', app.dsn]]))
      expect(reveal(pairs).get('dsn')).toBe(URL_WITH_PASSWORD)
      expect(shown(pairs)).not.toContain('canary')
    })
    test('may have a key named __proto__', () => {
      const { config } = loadAs(({ app }) => JSON.parse(`{ "__proto__": { "dsn": ${JSON.stringify(app.dsn)} } }`))
      expect(dump(config)).not.toContain('canary')
      const copy = reveal(config) as object
      expect([Object.keys(copy), Object.getPrototypeOf(copy)]).toEqual([['__proto__'], Object.prototype])
      expect(JSON.stringify(copy)).toContain('canary')
    })
    test('is rejected if it is frozen and shows a secret, and unchanged if it shows none', () => {
      expect(() => loadAs((config) => Object.freeze(new Config(config)))).toThrow(
        /cannot be masked because it is frozen/,
      )
      class Quiet {
        readonly name: string
        constructor(name: string) {
          this.name = name
          Object.freeze(this)
        }
      }
      expect(inspect(loadAs(({ app }) => new Quiet(app.name)).config)).toBe("Quiet { name: 'n' }")
    })
  })
})
