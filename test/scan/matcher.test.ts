import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { createMatcher, type MatcherOptions, type SecretValue } from '../../src/scan/index.ts'
import { MAX_SPELLING_LENGTH } from '../../src/scan/spelling.ts'
import { type Random, sampled, seeded } from '../support/random.ts'

const KEY = 'sk_live-51Hq8aZ0pQ7nV3xYbT6'
const ODD = 'p@ss w0rd/+"quoted"\\&<tag>\'$`{é€😀}%41'
const PEM = [
  '-----BEGIN PRIVATE KEY-----',
  'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj',
  'MzEfYyjiWA4R4/M2bS1GB4t7NXp98C3SC6dVMvDuictGeurT8jNbvJZHtCSuYEvu',
  'NMoSfm76oqFvAp8Gy0iz5sxjZmSnXyCdPEovGhLa0VzMaQ8s+CLOyS56YyCFGeJZ',
  '-----END PRIVATE KEY-----',
  '',
].join('\n')

function find(value: string, text: string | Uint8Array, options?: MatcherOptions) {
  return createMatcher([{ name: 'A', value }], options).find(text)
}

/** The text that each match covers. */
function found(value: string, text: string): [form: string, covered: string][] {
  const bytes = Buffer.from(text)
  return find(value, text).map(({ form, start, end }) => [form, bytes.subarray(start, end).toString()])
}

type Write = (text: string) => string

const eachOf =
  (write: Write): Write =>
  (text) =>
    [...text].map(write).join('')
const hexOf = (character: string, width: number): string => character.charCodeAt(0).toString(16).padStart(width, '0')
const utf16Escapes =
  (prefix: string): Write =>
  (text) =>
    text.replace(/[\s\S]/g, (unit) => prefix + hexOf(unit, 4))
const bytesOf =
  (prefix: string, hex = 'x'): Write =>
  (text) =>
    Buffer.from(text)
      .toString('hex')
      .replace(/../g, (pair) => prefix + (hex === 'X' ? pair.toUpperCase() : pair))
const json: Write = (text) => JSON.stringify(text).slice(1, -1)
const html: Write = (text) =>
  text.replace(
    /[&<>"']/g,
    (each) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[each] ?? '',
  )
const lowerHex = (text: string): string => text.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase())

/** Each way of writing a value, by other people's code where there is some. */
const WAYS: readonly (readonly [name: string, form: string, write: Write])[] = [
  ['plain text', 'plain', (text) => text],
  ['encodeURIComponent', 'url', encodeURIComponent],
  ['encodeURIComponent in lower case', 'url', (text) => lowerHex(encodeURIComponent(text))],
  ['form data', 'url', (text) => new URLSearchParams({ a: text }).toString().slice(2)],
  ['the query of a URL', 'url', (text) => new URL(`http://a/?${encodeURIComponent(text)}`).search.slice(1)],
  ['encodeURI', 'url', encodeURI],
  ['URL-encoded twice', 'url', (text) => encodeURIComponent(encodeURIComponent(text))],
  ['every byte URL-encoded', 'url', bytesOf('%', 'X')],
  ['every byte URL-encoded in lower case', 'url', bytesOf('%')],
  ['JSON', 'escaped', json],
  ['JSON in JSON', 'escaped', (text) => json(json(text))],
  ['JSON in JSON in JSON', 'escaped', (text) => json(json(json(text)))],
  ['JSON with slashes escaped', 'escaped', (text) => json(text).replaceAll('/', '\\/')],
  ['ASCII-only JSON', 'escaped', (text) => json(text).replace(/[^\0-\x7f]/g, (unit) => `\\u${hexOf(unit, 4)}`)],
  ['JSON for HTML', 'escaped', (text) => json(text).replace(/[<>&']/g, (unit) => `\\u${hexOf(unit, 4)}`)],
  ['\\u for everything', 'escaped', utf16Escapes('\\u')],
  [
    '\\u for everything, in upper case',
    'escaped',
    (text) => utf16Escapes('\\u')(text).replace(/\\u(.{4})/g, (_, hex: string) => `\\u${hex.toUpperCase()}`),
  ],
  ['\\u for everything, in JSON', 'escaped', (text) => json(utf16Escapes('\\u')(text))],
  ['\\u{} for everything', 'escaped', eachOf((character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)],
  ['\\x for every byte', 'escaped', bytesOf('\\x')],
  ['\\x for every byte, in upper case', 'escaped', bytesOf('\\x', 'X')],
  ['a string in double quotes', 'escaped', (text) => text.replace(/["\\]/g, '\\$&')],
  ['a string in single quotes', 'escaped', (text) => text.replace(/['\\]/g, '\\$&')],
  ['a template literal', 'escaped', (text) => text.replace(/[`\\]|\$(?=\{)/g, '\\$&')],
  ['inspect', 'escaped', (text) => inspect(text, { breakLength: Number.POSITIVE_INFINITY }).slice(1, -1)],
  ['HTML', 'html', html],
  ['HTML in HTML', 'html', (text) => html(html(text))],
  ['HTML with numeric references', 'html', (text) => text.replace(/[&<>"'`=/]/g, (each) => `&#${each.charCodeAt(0)};`)],
  [
    'HTML with hexadecimal references',
    'html',
    (text) => text.replace(/[&<>"'`=/]/g, (each) => `&#x${hexOf(each, 2).toUpperCase()};`),
  ],
  ['numeric HTML references for everything', 'html', eachOf((character) => `&#${character.codePointAt(0)};`)],
  [
    'hexadecimal HTML references for everything',
    'html',
    eachOf((character) => `&#x${(character.codePointAt(0) ?? 0).toString(16)};`),
  ],
  ['hex', 'hex', (text) => Buffer.from(text).toString('hex')],
  ['hex in upper case', 'hex', (text) => Buffer.from(text).toString('hex').toUpperCase()],
  ['hex with spaces', 'bytes', (text) => bytesOf(' ')(text).slice(1)],
  ['hex with colons', 'bytes', (text) => bytesOf(':', 'X')(text).slice(1)],
  ['a list of its bytes', 'bytes', (text) => [...Buffer.from(text)].join(',')],
]

describe.each([
  ['a key', KEY],
  ['a string with special characters', ODD],
])('%s is found', (_what, value) => {
  test.each(WAYS)('as %s', (_name, _form, write) => {
    const written = write(value)
    for (const [before, after] of [
      ['', ''],
      ['const a="', '";'],
      ['x'.repeat(100), 'y'.repeat(100)],
      ['{\\"a\\":\\"', '\\"}'],
    ] as const)
      expect(found(value, before + written + after).map(([, covered]) => covered)).toEqual([written])
  })
})

test.each([`~==./'"\n3{)%`, `pass'"\n'word`])(
  '%j is found as util.inspect prints it, with its line break escaped and no quote',
  (value) => {
    expect(inspect(value)).toMatch(/^`/)
    expect(find(value, inspect({ value }), { commonValues: 'find' })).toHaveLength(1)
  },
)

test.each(WAYS)('a secret found as %s is reported with the form %s', (_name, form, write) => {
  expect(found(ODD, write(ODD)).map(([shown]) => shown)).toEqual([form])
})

describe.each([
  ['a key', KEY],
  ['a string with special characters', ODD],
])('%s in base64 is found', (_what, value) => {
  test.each(['base64', 'base64url'] as const)('as %s, with any number of bytes before and after', (encoding) => {
    for (let before = 0; before < 7; before++)
      for (let after = 0; after < 4; after++) {
        const text = Buffer.concat([Buffer.alloc(before, 7), Buffer.from(value), Buffer.alloc(after, 9)]).toString(
          encoding,
        )
        const [match, ...more] = find(value, text)
        expect([match?.form, more]).toEqual(['base64', []])
        // All characters that depend on it alone.
        expect([match?.start, match?.end]).toEqual([
          Math.ceil((before * 8) / 6),
          Math.floor(((before + Buffer.byteLength(value)) * 8) / 6),
        ])
      }
  })
  test.each([
    ['encodeURIComponent', encodeURIComponent],
    ['JSON', json],
    ['JSON with slashes escaped', (text: string) => text.replaceAll('/', '\\/')],
    ['HTML with numeric references', (text: string) => text.replace(/[/=]/g, (each) => `&#x${hexOf(each, 2)};`)],
  ])('within %s', (_name, write) => {
    const text = `a ${write(Buffer.from(value).toString('base64'))} b`
    expect(find(value, text).map(({ form }) => form)).toEqual(['base64'])
  })
})

describe('a mixed spelling is found', () => {
  test('with some characters URL-encoded and others not', () => {
    const value = 'aB3!xY9@kL5#mN7$'
    for (let mask = 0; mask < 16; mask++) {
      let at = 0
      const written = value.replace(/[!@#$]/g, (each) => (mask & (1 << at++) ? `%${hexOf(each, 2)}` : each))
      expect(found(value, `?${written}&`).map(([, covered]) => covered)).toEqual([written])
    }
  })
  test('in a value without eight plain characters in a row', () => {
    const value = 'a!b@c#d$e%f^g&h*'
    for (const [name, , write] of WAYS) expect(found(value, `"${write(value)}"`), name).toHaveLength(1)
  })
  test('in a value of nothing but escapes', () => {
    for (const value of ['\\\\\\\\\\\\\\\\', '%25%25%25%25', '&amp;&amp;&amp;', '"""""""""']) {
      for (const [name, , write] of WAYS.filter(([way]) => way !== 'plain text'))
        expect(
          createMatcher([{ name, value }], { commonValues: 'find' }).find(`x${write(value)}x`).length,
        ).toBeGreaterThan(0)
    }
  })
})

describe('a multi-line key is found', () => {
  test.each<[string, string]>([
    ['unchanged', PEM],
    ['with \\n', PEM.replaceAll('\n', '\\n')],
    ['with \\n in JSON in JSON', json(json(PEM))],
    ['with CRLF', PEM.replaceAll('\n', '\r\n')],
    ['URL-encoded', encodeURIComponent(PEM)],
    ['in HTML', PEM.replaceAll('\n', '&#10;')],
  ])('%s, whole', (_name, written) => {
    expect(found(PEM, `<${written}>`).map(([, covered]) => covered)).toEqual([written])
  })
  test.each<[string, (line: string) => string]>([
    ['indented', (line) => `    ${line}\n`],
    ['as concatenated strings', (line) => `"${line}\\n" +\n`],
    ['without its first and last line', (line) => (line.startsWith('-') ? '' : line)],
  ])('%s, line by line', (_name, write) => {
    const written = PEM.trim().split('\n').map(write).join('')
    expect(find(PEM, written)).toMatchObject(
      Array.from({ length: 3 }, () => ({ name: 'A', part: 'line', form: 'plain' })),
    )
  })
  test.each([64, 76])('in base64 with lines of %i characters', (width) => {
    const lines =
      Buffer.from(PEM)
        .toString('base64')
        .match(new RegExp(`.{1,${width}}`, 'g')) ?? []
    const text = lines.join('\n')
    const covered = find(PEM, text).reduce((sum, { start, end }) => sum + end - start, 0)
    expect(covered).toBeGreaterThan(text.length - lines.length - 4)
  })
  test('inside a secret that is a JSON file', () => {
    const value = JSON.stringify({ type: 'service_account', private_key: PEM }, null, 2)
    expect(find(value, value)).toHaveLength(1)
    expect(find(value, PEM)).toMatchObject([{ part: 'value' }])
    expect(find(value, PEM.replaceAll('\n', '\r\n  '))).toHaveLength(3)
    expect(find(value, '"type": "service_account",\n"private_key": "-----BEGIN PRIVATE KEY-----')).toEqual([])
  })
  test('by a line without digits, which would be a word elsewhere', () => {
    const line = 'KoPqWcVnbTyuReaSdfGhjKlm'
    const key = `-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIH\n${line}\n-----END EC PRIVATE KEY-----\n`
    expect(find(key, `"${line}"`)).toMatchObject([{ part: 'line' }])
    expect(find(`${key}${line.toLowerCase()}\nSomeOtherTextWithoutDigits\n`, 'SomeOtherTextWithoutDigits')).toEqual([])
  })
  test('but not by its first and last line', () => {
    expect(find(PEM, '-----BEGIN PRIVATE KEY-----\n…\n-----END PRIVATE KEY-----\n')).toEqual([])
  })
})

describe('of a secret that is JSON,', () => {
  const value = JSON.stringify({
    project_id: 'my-project-123456-of-acme',
    client_email: 'app@my-project.iam.gserviceaccount.com',
    private_key_id: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b',
    deep: [{ password: 'correct horse battery' }, 'https://u:k3yX9aLm2Q@db.acme.example'],
  })
  test.each(['9f86d081884c7d659a2feaa0c55ad015a3bf4f1b', 'correct horse battery', 'pw=k3yX9aLm2Q'])(
    'a secret value is found by itself: %s',
    (text) => expect(find(value, text)).toHaveLength(1),
  )
  test.each(['my-project-123456-of-acme', 'app@my-project.iam.gserviceaccount.com'])(
    'other values are not: %s',
    (text) => expect(find(value, text)).toEqual([]),
  )
})

describe('a matcher', () => {
  test('finds the password of a URL by itself', () => {
    const url = 'postgres://app:k3yX9aLm2Q@db:5432/app'
    expect(find(url, 'pw=k3yX9aLm2Q')).toEqual([{ name: 'A', part: 'password', form: 'plain', start: 3, end: 13 }])
    expect(find(url, url)).toEqual([{ name: 'A', form: 'plain', start: 0, end: url.length }])
  })
  test('finds an encoded password of a URL decoded', () => {
    expect(find('postgres://app:k3y%40X9aLm2Q@db/app', 'k3y@X9aLm2Q')).toHaveLength(1)
  })
  test('returns several matches in the order of the text', () => {
    const matcher = createMatcher([
      { name: 'A', value: 'k3yX9aLm2Q' },
      { name: 'B', value: 'zT7wP0sR4v' },
    ])
    const names = matcher.find('zT7wP0sR4v k3yX9aLm2Q zT7wP0sR4v').map(({ name, start }) => [name, start])
    expect(names).toEqual([
      ['B', 0],
      ['A', 11],
      ['B', 22],
    ])
  })
  test('returns both of two overlapping matches, but not one inside another', () => {
    const matcher = createMatcher([
      { name: 'A', value: 'k3yX9aLm2Q' },
      { name: 'B', value: 'aLm2QzT7wP0' },
      { name: 'C', value: 'yX9aLm2Q' },
    ])
    expect(matcher.find('k3yX9aLm2QzT7wP0').map(({ name }) => name)).toEqual(['A', 'B'])
  })
  test('returns offsets in bytes', () => {
    expect(find(KEY, `é€😀${KEY}`)).toEqual([{ name: 'A', form: 'plain', start: 9, end: 9 + KEY.length }])
    expect(find(KEY, Buffer.concat([Buffer.from([0, 255, 254]), Buffer.from(KEY)]))[0]?.start).toBe(3)
  })
  test('reports a value with two names under the first', () => {
    const matcher = createMatcher([
      { name: 'A', value: KEY },
      { name: 'B', value: KEY },
    ])
    expect(matcher.find(KEY).map(({ name }) => name)).toEqual(['A'])
  })
  test('finds nothing without secrets, without text, or for an incomplete secret', () => {
    expect(createMatcher([]).find(KEY)).toEqual([])
    expect(createMatcher([{ name: 'A', value: '' }]).skipped).toEqual([])
    expect(find(KEY, '')).toEqual([])
    expect(find(KEY, KEY.slice(1))).toEqual([])
    expect(find(KEY, KEY.slice(0, -1))).toEqual([])
  })
  test('shows no secret when it is printed', () => {
    const matcher = createMatcher([{ name: 'A', value: KEY }])
    const text = inspect(matcher, { depth: null, showHidden: true, getters: true }) + JSON.stringify(matcher)
    expect(text).not.toContain(KEY.slice(0, 8))
  })
})

describe('a value that is not searched for is listed as skipped', () => {
  test.each<[string, string]>([
    ['short', 'k3yX9aL'],
    ['common', 'localhost'],
  ])('because it is %s', (reason, value) => {
    const matcher = createMatcher([{ name: 'A', value }])
    expect(matcher.skipped).toEqual([{ name: 'A', reason }])
    expect(matcher.find(value)).toEqual([])
  })
  test('because it is public, at any depth', () => {
    const publicValues = { maps: { keys: [KEY, 8080, null] } }
    const matcher = createMatcher([{ name: 'MAPS_KEY', value: KEY }], { publicValues })
    expect(matcher.skipped).toEqual([{ name: 'MAPS_KEY', reason: 'public' }])
    expect(matcher.find(KEY)).toEqual([])
  })
  test('also when it is the password of a URL that is searched for as a whole', () => {
    const url = 'postgres://postgres:password@localhost:5432/app'
    const matcher = createMatcher([{ name: 'DATABASE_URL', value: url }])
    expect(matcher.skipped).toEqual([{ name: 'DATABASE_URL', part: 'password', reason: 'common' }])
    expect(matcher.find(`password ${url}`)).toMatchObject([{ start: 9 }])
  })
  test('depending on minLength and commonValues', () => {
    expect(find('localhost', 'at localhost', { commonValues: 'find' })).toHaveLength(1)
    expect(find('k3yX9', 'a k3yX9', { minLength: 5 })).toHaveLength(1)
    expect(find(KEY, KEY, { minLength: 40 })).toEqual([])
    expect(() => createMatcher([], { minLength: 3 })).toThrow(TypeError)
  })
})

// Random secrets in random text, against a search for every form by itself

const ALPHABETS = [
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789',
  'abcdef0123456789',
  'aB3+/=_-~.!*(),$&%"\'\\`{}<> \n',
  'éß€漢😀aB3"\\',
  'aab\\',
]

function randomText(random: Random, length: number): string {
  const letters = [...random.pick(ALPHABETS)]
  return Array.from({ length }, () => random.pick(letters)).join('')
}

const random = seeded()
const rounds = sampled(50, 20_000)

test(`${rounds} random texts: the matcher finds what a search for each form finds, and nothing else (SEED=${random.seed})`, () => {
  for (let round = 0; round < rounds; round++) {
    const secrets: SecretValue[] = Array.from({ length: 1 + random.below(6) }, (_, index) => ({
      name: `S${index}`,
      value: randomText(random, 8 + random.below(random.below(4) === 0 ? 200 : 40)),
    }))
    const pieces = Array.from({ length: 12 }, () => {
      if (random.below(3) === 0) return randomText(random, random.below(60))
      const { value } = random.pick(secrets)
      if (random.below(4) === 0) return base64Within(random, value)
      return random.pick(WAYS)[2](random.below(8) === 0 ? beginningOf(random, value) : value)
    })
    const text = Buffer.from(pieces.join(random.pick(['', ' ', '\n', '\\', '%'])))
    const matches = createMatcher(secrets, { commonValues: 'find' }).find(text)
    for (const { start, end, value } of occurrences(secrets, text)) {
      const isCovered = matches.some((match) => match.start <= start && match.end >= end)
      expect(isCovered, `${round}: ${JSON.stringify([value, text.subarray(start, end).toString()])}`).toBe(true)
    }
    for (const { name, part, start, end } of matches) {
      const { value = '' } = secrets.find((secret) => secret.name === name) ?? {}
      if (part !== undefined) continue
      const written = text.subarray(start, end).toString()
      // What stood around it may have become a part of its first and last escape.
      const few = Array.from({ length: MAX_SPELLING_LENGTH + 1 }, (_, index) => index)
      const isIt = few.some((after) =>
        few.some((before) => isWriting(written.slice(before, written.length - after), value)),
      )
      expect(isIt, `${round}: ${JSON.stringify([value, written])}`).toBe(true)
    }
  }
})

function beginningOf(random: Random, value: string): string {
  const characters = [...value]
  return characters.slice(0, random.below(characters.length)).join('')
}

function base64Within(random: Random, value: string): string {
  return Buffer.from(randomText(random, random.below(5)) + value + randomText(random, random.below(5))).toString(
    random.pick(['base64', 'base64url'] as const),
  )
}

/** Where each secret stands in each form, found by nothing cleverer than indexOf. */
function* occurrences(
  secrets: readonly SecretValue[],
  text: Buffer,
): Generator<{ start: number; end: number; value: string }> {
  for (const { value } of secrets) {
    for (const written of new Set([...WAYS.map(([, , write]) => write(value)), ...base64Forms(value)])) {
      const bytes = Buffer.from(written)
      for (let at = text.indexOf(bytes); at >= 0; at = text.indexOf(bytes, at + 1))
        yield { start: at, end: at + bytes.length, value }
    }
  }
}

function base64Forms(value: string): string[] {
  const { length } = Buffer.from(value)
  return [0, 1, 2].flatMap((before) =>
    (['base64', 'base64url'] as const).map((encoding) =>
      Buffer.concat([Buffer.alloc(before), Buffer.from(value)])
        .toString(encoding)
        .slice(Math.ceil((before * 8) / 6), Math.floor(((before + length) * 8) / 6)),
    ),
  )
}

/** Whether a text is the value in some form, by regular expressions for every spelling of every character. */
function isWriting(text: string, value: string): boolean {
  const bytes = Buffer.from(value)
  const hex = ['', ' ', ':'].map((between) => bytesOf(between)(value).slice(between.length))
  const lists = [
    ...hex,
    ...hex.map((each) => each.toUpperCase()),
    bytes.join(','),
    bytes.join(', '),
    hex[1]?.slice(0, 149),
  ]
  const [base64 = '', base64url = ''] = base64Forms(value)
  // Of base64 in lines each line is looked for by itself, but for a last one that is very short.
  const lines = [64, 76].flatMap((width) =>
    [base64, base64url].flatMap((form) => form.match(new RegExp(`.{8,${width}}`, 'g')) ?? []),
  )
  const forms = [value, ...base64Forms(value), ...lines, [...value].join('\0'), ...lists].filter(
    (form) => form !== undefined,
  )
  return forms.some((form) => isSpelled(text, form))
}

/** Goes through a form character by character, and keeps every place to which one of its spellings leads. */
function isSpelled(text: string, form: string): boolean {
  let places = new Set([0])
  for (const character of form) {
    const next = new Set<number>()
    for (const spelling of spellingsOf(character)) {
      for (const place of places) {
        spelling.lastIndex = place
        if (spelling.test(text)) next.add(spelling.lastIndex)
      }
    }
    places = next
  }
  return places.has(text.length)
}

const LETTERS: Readonly<Record<string, string>> = { '\n': 'n', '\t': 't' }
const NAMES: Readonly<Record<string, string>> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos' }

/** A backslash in any spelling. */
const BACKSLASH = `(?:${[
  '\\\\',
  '\\\\{1,8}(?:u005[cC]|u\\{0*5[cC]\\}|x5[cC])',
  '&(?:amp;){0,2}#(?:x0*5[cC]|0*92);',
  '%(?:25){0,2}5[cC]',
].join('|')})`
/** What an escape begins with, and what may stand before one of another kind: each round of escaping doubles it. */
const LEAD = `${BACKSLASH}{1,8}`

const known = new Map<string, readonly RegExp[]>()

function spellingsOf(character: string): readonly RegExp[] {
  const ready = known.get(character)
  if (ready) return ready
  const code = character.codePointAt(0) ?? 0
  const hex = code.toString(16)
  const literal = /^[\w]$/.test(character) ? character : `\\u{${hex}}`
  const pairs = Buffer.from(character).toString('hex').match(/../g) ?? []
  const units = Array.from({ length: character.length }, (_, at) => hexOf(character[at] ?? '', 4))
  const spellings = [
    literal,
    ...[0, 1, 2].map((nested) => pairs.map((pair) => `%${'25'.repeat(nested)}${anyCase(pair)}`).join('')),
    units.map((unit) => `${LEAD}u${anyCase(unit)}`).join(''),
    pairs.map((pair) => `${LEAD}x${anyCase(pair)}`).join(''),
    `${LEAD}u\\{0*${anyCase(hex)}\\}`,
    `&(?:amp;){0,2}#(?:x0*${anyCase(hex)}|0*${code});`,
    ...(code < 0x100 ? [`${LEAD}x${anyCase(hex.padStart(2, '0'))}`] : []),
    ...(LETTERS[character] ? [`${LEAD}${LETTERS[character]}`] : []),
    ...(NAMES[character] ? [`&(?:amp;){0,2}${NAMES[character]};`] : []),
    ...(code < 0x80 && !/[A-Za-z0-9]/.test(character) ? [`${LEAD}${literal}`] : []),
    ...(character === ' ' ? ['\\+'] : []),
    ...(character === '\n' ? ['\r\n'] : []),
    ...(character === '\\' ? [1, 2, 3, 4, 8].map((count) => `${BACKSLASH}{${count}}`) : []),
  ]
  const escaped = spellings.filter((spelling) => /^[&%]/.test(spelling)).map((spelling) => LEAD + spelling)
  const expressions = [...spellings, ...escaped].map((spelling) => new RegExp(spelling, 'uy'))
  known.set(character, expressions)
  return expressions
}

function anyCase(hex: string): string {
  return hex.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`)
}

test('a character is not taken for another one that ends with the same byte', () => {
  const matcher = createMatcher([{ name: 'KEY', value: '©k3yX9aLm2Q' }])
  expect(matcher.find('ék3yX9aLm2Q')).toEqual([])
  expect(matcher.find('é ©k3yX9aLm2Q')).toMatchObject([{ start: 3, end: 15 }])
})

test('a secret with several lines is found as a whole where the lines end otherwise, wherever it is recognised', () => {
  const value = 'a\nk3yX9aLm2Q\nb'
  const matcher = createMatcher([{ name: 'KEY', value }])
  for (const text of [value, value.replaceAll('\n', '\r\n')])
    expect(matcher.find(text)).toMatchObject([{ start: 0, end: text.length }])
})
