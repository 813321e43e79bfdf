import { describe, expect, test } from 'vitest'
import {
  containsAny,
  isSecretValue,
  looksSecret,
  looksSecretNumber,
  looksSecretPath,
  maskOpaque,
  nameToShow,
  passwordsIn,
  repeatsSecret,
} from '../../src/secrets/secret.ts'
import type { Path } from '../../src/types.ts'
import { sampled, seeded } from '../support/random.ts'

describe('looksSecret', () => {
  const words = [
    'secret',
    'token',
    'password',
    'passwd',
    'pwd',
    'pass',
    'passphrase',
    'pepper',
    'salt',
    'seed',
    'dsn',
    'credential',
    'credentials',
    'key',
    'pem',
    'auth',
    'authorization',
    'cookie',
    'tokens',
    'secrets',
    'keys',
  ]
  test.each(words)('is true of …%s, in every spelling', (word) => {
    const camel = `db${word.charAt(0).toUpperCase()}${word.slice(1)}`
    const spelled = [
      word,
      word.toUpperCase(),
      `db_${word}`,
      `db-${word}`,
      `db.${word}`,
      `DB_${word.toUpperCase()}`,
      camel,
    ]
    expect(spelled.filter((name) => !looksSecret(name))).toEqual([])
  })
  test.each([
    'STRIPE_KEY',
    'x-api-key',
    'apikey',
    'apiKey',
    'API_TOKEN',
    'authToken',
    'clientSecret',
    'PGPASSWORD',
    'mysqlpassword',
    'privateKey',
    'private_key',
    'awsSecretAccessKey',
    's3Key',
    'SENTRY_DSN',
    'key',
    'mysecretkey',
    'awsaccesskeys',
    'privatekeys',
    'dbpassphrases',
    'PUBLIC_KEY_PASSWORD',
    'public_keys_secret',
  ])('is true of %s', (name) => {
    expect(looksSecret(name)).toBe(true)
  })
  test.each([
    'port',
    'host',
    'keyboard',
    'monkey',
    'hockey',
    'keystone',
    'passive',
    'compass',
    'bypass',
    'tokenizer',
    'secretary',
    'author',
    'auth_url',
    'saltwater',
    'seeds_per_row',
    'publicKey',
    'public_key',
    'PUBLIC_KEY',
    'public-key',
    'public.key',
    'STRIPE_PUBLIC_KEY',
    'AWS_ACCESS_KEY_ID',
    'token_url',
    'password_min_length',
    'cookie_domain',
    'name',
    '',
  ])('is false of %j', (name) => {
    expect(looksSecret(name)).toBe(false)
  })
})

describe('looksSecretPath', () => {
  test.each<[Path]>([
    [['smtp', 'password']],
    [['tokens', 0]],
    [['api_keys', 'stripe']],
    [['API_KEYS', 'stripe']],
    [['services', 'passwords', 'alice', 'value']],
    [['services', 'secrets', 'one']],
    [['secrets', 'token']],
  ])('is true of %j', (path) => {
    expect(looksSecretPath(path)).toBe(true)
  })
  test.each<[Path]>([[[]], [[0]], [['secrets', 'source']], [['password', 'min_length']], [['monkeys', 'george']]])(
    'is false of %j',
    (path) => {
      expect(looksSecretPath(path)).toBe(false)
    },
  )
  test('looksSecretNumber goes by the name of the number itself', () => {
    const secret = ['password', 'DB_PASSWORD', 'passwords', 'passwd', 'db_pwd', 'passphrase', 'clientSecret', 'API_KEY']
    const keys = ['apikey', 'api-key', 'api.key', 'accessKey', 'privateKey', 'secretKey']
    const others = ['max_tokens', 'token', 'key', 'secret_length']
    expect([...secret, ...keys, ...others].filter(looksSecretNumber)).toEqual([...secret, ...keys])
  })
})

describe('isSecretValue', () => {
  test.each([
    'postgres://user:pw@host/db',
    'redis://:pw@host:6379/0',
    'https://user:pw@host',
    'amqp://user:p%40ss@host/vhost?x=1',
    'mongodb+srv://user:p@ss@host/db',
    'postgres://user:p:w@host',
    'see https://user:pw@host/ for more',
    '-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----',
    '-----BEGIN RSA PRIVATE KEY-----\nMIIE',
    '-----BEGIN OPENSSH PRIVATE KEY-----',
    '-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQ',
    'MIIE\n-----END PRIVATE KEY-----',
    'http://a.example and postgres://user:pw@host/db',
    'amqp://a.example,amqp://user:pw@b.example',
  ])('is true of %j', (value) => {
    expect(isSecretValue(value)).toBe(true)
  })
  test.each([
    '',
    'text',
    'me@acme.example',
    'https://host/path',
    'https://host:8080/path',
    'https://host/a@b:c',
    'https://host/?user=a:b@c',
    'https://host?user=a:b@c',
    'https://host#a:b@c',
    'https://host from a:b@c',
    'https://user@host',
    'ssh://git@github.com/acme/repo',
    'postgres://user:@host/db',
    'http://[::1]:8080/',
    'mailto:me@acme.example',
    '-----BEGIN PUBLIC KEY-----',
    '-----BEGIN PGP PUBLIC KEY BLOCK-----',
    'PRIVATE KEY',
    '-----BEGIN CERTIFICATE-----',
    '://',
    '12:30@noon',
  ])('is false of %j', (value) => {
    expect(isSecretValue(value)).toBe(false)
  })
})

describe('passwordsIn', () => {
  test.each<[string, string[]]>([
    ['postgres://user:pw@host/db', ['pw']],
    ['redis://:pw@host', ['pw']],
    ['amqp://user:p%40ss%20w@host/v', ['p%40ss%20w', 'p@ss w', 'p%40ss%20w']],
    ['amqp://user:p@ss w@host/v', ['p@ss w', 'p%40ss%20w']],
    ['amqp://user:100%@host', ['100%', '100%25']],
    ['postgres://user:p:w@host', ['p:w', 'p%3Aw']],
    ['amqp://a:one@b.example,amqp://c:two@d.example', ['one', 'two']],
    ['https://host/?mail=a:b@c', []],
    ['https://host?mail=a:b@c', []],
    ['https://host#a:b@c', []],
    ['https://host/a:b@c', []],
    ['https://user@host:8080', []],
    ['https://user:@host', []],
    ['user:pw@host', []],
  ])('of %j gives %j', (value, passwords) => {
    expect([...passwordsIn(value)]).toEqual([...new Set(passwords)])
  })
})

describe('maskOpaque', () => {
  test.each([
    'sk-ant-api03-Zx81Qw7Rt4YpLmN',
    'ghp_16C7e42F292c6912E7710c838347Ae178B4a',
    'AKIAIOSFODNN7EXAMPLE',
    '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.SflKxwRJSMeKKF2QT4fw',
    'c2VjcmV0LXZhbHVlLWluLWJhc2U2NA==',
    'xoxb-123456789012-abcdefABCDEF',
    'qwertzuiopasdfghjklyxcvbnm',
    'token-9f86d081884c7d65',
    'id-qwertzuiopasdfghjkl',
    'id-is-qwertz12345',
    'ID-IS-QWERTZ12345',
    'id-is-long-qwertz1234',
    'qwertzuiopasdfgh',
    'aB3-xY7-qW9-zR2-tT5',
    'aB3+xY7+qW9+zR2+tT5',
    'aB3/xY7/qW9/zR2/tT5',
    'aB3~xY7~qW9~zR2~tT5',
  ])('masks %s', (text) => {
    expect(maskOpaque(`a: ${text} # and more`)).toBe(`a: ${'•'.repeat(text.length)} # and more`)
  })
  test.each([
    ['https://me:pw@host/', 'https://•••••@host/'],
    ['redis://:pw@host', 'redis://•••@host'],
    ['a://u@h b://v@i', 'a://•@h b://•@i'],
  ])('masks the user in %s', (text, expected) => {
    expect(maskOpaque(text)).toBe(expected)
  })
  test.each([
    'target: mars # of war',
    'jwt_access_token_expiration: 3600',
    'oauth_public_per_second: 10',
    'paths: ../../../services/config/config.yaml',
    'https://docs.example.com/profiles/target',
    'https://docs.example.com/@acme',
    'see http://docs.example or write to me@acme.example',
    'api_server_url: http://localhost:8080',
    'environment: development',
    'cors_allowed_origins:',
    'image: registry.example.com/acme/assistant:latest',
    '2026-01-02T03:04:05Z',
    '----------------------------------------',
    'a'.repeat(15),
    'short sk-1234',
    'acme-release-2026',
    'acme-release-v2026',
    'acme~release~2026',
    'name=acme=release',
    'order-1234567890',
    'ACME-RELEASE-2026',
    'Acme-Release-Notes',
  ])('leaves %j unchanged', (text) => {
    expect(maskOpaque(text)).toBe(text)
  })
  test('never changes the length of a text', () => {
    const random = seeded()
    const pieces = ['a', 'B', '7', '_', '-', '.', '/', ':', '//', '@', ' ', '=', 'é', '👍', 'secret', '://']
    for (let count = 0; count < sampled(3000, 100_000); count++) {
      const text = Array.from({ length: random.below(30) }, () => random.pick(pieces)).join('')
      expect(maskOpaque(text), `seed ${random.seed}`).toHaveLength(text.length)
    }
  })
})

describe('repeatsSecret', () => {
  test.each<[string, string, boolean]>([
    ['Expected a but received "hunter2-Zx81"', 'hunter2-Zx81', true],
    ['begins with hunter2-', 'hunter2-Zx81', true],
    ['ends with 2-Zx81Qw', 'hunter2-Zx81Qw', true],
    ['has hunter2 alone', 'hunter2-Zx81', false],
    ['short: abc', 'abc', true],
    ['two letters: ab', 'ab', false],
    ['nothing of it', 'hunter2-Zx81', false],
    ['', 'hunter2-Zx81', false],
    ['any text', '', false],
    ['escaped: "q\\"1\\"w\\"2\\"e"', 'q"1"w"2"e', true],
    ['line\\nbreak and more', 'line\nbreak', true],
    ['HUNTER2-ZX81', 'hunter2-Zx81', false],
  ])('of the text %j and the secret %j is %j', (text, secret, expected) => {
    expect(repeatsSecret(text, ['other-secret', secret])).toBe(expected)
  })
  test('is fast for a long text and many secrets', () => {
    const text = 'abcdefgh'.repeat(10_000)
    const secrets = Array.from({ length: 1000 }, (_, index) => `secret-${index}-`.repeat(20))
    const start = performance.now()
    expect(repeatsSecret(text, secrets)).toBe(false)
    expect(performance.now() - start).toBeLessThan(20_000)
  })
})

test('containsAny finds a secret of eight characters or more, even if another one begins in the same way', () => {
  const holds = containsAny(['hunter2-Zx81-longer', 'hunter2-Zx81', 'hunter2-Ab', 'shorter', 'twelve-l'])
  const texts = ['<hunter2-Zx81>', 'hunter2-Ab', 'a twelve-l', 'hunter2-', 'hunter2-Zx8', 'shorter', '']
  expect(texts.filter(holds)).toEqual(['<hunter2-Zx81>', 'hunter2-Ab', 'a twelve-l'])
})

describe('nameToShow', () => {
  test.each([
    'STRIPE_KEY',
    'stripe-key',
    'acme.token',
    'S3_KEY_2',
    'MANIFEST_SIGNING_SECRET_SEED',
    'assistant.deployments-passwords',
    'a',
    'x'.repeat(15),
  ])('shows %s', (name) => {
    expect(nameToShow(name)).toBe(name)
  })
  test.each([
    '',
    'a b',
    'x'.repeat(16),
    'qwertzuiopasdfghjkl',
    'key-qwertzuiopasdfghjkl',
    'qwertzuiopasdfghjkl_KEY',
    '9f86d081884c7d659a2feaa0',
    '\u001b[31m',
    'ab.'.repeat(27),
    'a/b',
    'ä',
  ])('masks %j', (name) => {
    expect(nameToShow(name)).toBe('••••')
  })
})
