import { describe, expect, test } from 'vitest'
import { isCommonValue } from '../../src/secrets/common-value.ts'

describe('a value is common, and not searched for,', () => {
  test.each<[string, readonly string[]]>([
    [
      'when it is a number, date, version or IP address',
      ['12345678', '3.14159265', '2026-01-31', '2026-01-31T10:00:00Z', '192.168.100.200', '127.0.0.1:5432'],
    ],
    [
      'when it is one word',
      [
        'localhost',
        'postgres',
        'development',
        'production',
        'password',
        'changeme',
        'PRODUCTION',
        'Development',
        'größenwahn',
      ],
    ],
    [
      'when it is words joined by punctuation',
      ['my-app-local', 'eu-central-1', 'change_me', 'not a secret', 'user:group', 'p@ssword', 'letmein!'],
    ],
    [
      'when it is words in camel case, or followed by a number',
      ['changeMe', 'myAppName', 'hunter22', 'password123', 'admin2026'],
    ],
    [
      'when it is a URL, address or path without a password',
      [
        'https://example.com',
        'http://localhost:3000/callback',
        'https://example.com/a/very/long/path?page=12&sort=name',
        'postgres://localhost:5432/systemprompt',
        'redis://cache.internal:6379/0',
        'smtp.example.com:587',
        'db-1.eu-central-1.example.com',
        'somebody.else@example.com',
        '/var/run/secrets/database',
        './certificates/server.pem',
        'C:\\apps\\server',
        'C:\\apps\\server\\certificates',
        'example.com/login/page-of-the-app',
        'https://example.com/login\n',
      ],
    ],
    [
      'up to the limits on its length and its digits',
      ['localhost-local', '123456789012345', 'FooBarBaz', 'hunter12345678'],
    ],
  ])('%s', (_rule, values) => {
    for (const value of values) expect(isCommonValue(value), value).toBe(true)
  })
})

describe('a value is searched for', () => {
  test.each<[string, readonly string[]]>([
    [
      'when it mixes letters and digits',
      ['k3yX9aLm', 'Passw0rd', 'p@ssw0rd', 'a1b2c3d4', 'QwErTyUi', 'abc123def', 'xÄyÖzÜqß'],
    ],
    ['when more than eight digits follow a word', ['abc123456789']],
    [
      'when it has 16 characters or more, even of words',
      [
        'correct horse battery staple',
        'super-secret-jwt-token',
        'aaaaaaaaaaaaaaaa',
        'abcd efgh ijkl mnop',
        '1234567890123456',
        'localhost-locals',
      ],
    ],
    [
      'when it is a URL with a password',
      ['postgres://user:pass@localhost/app', 'redis://:password@cache:6379/0', 'https://user:token@example.com'],
    ],
    [
      'when it is a URL with more than short words',
      [
        'https://hooks.example.com/services/T01ABC2DE/B04XYZ7QR/aB3dE5fG7hI9jK1lM3nO5pQ7',
        'https://example.com/?key=9f86d081884c7d659a2feaa0c55ad015',
        'https://example.com/abcdefghijklmnop',
        'https://example.com and what one knows',
      ],
    ],
    [
      'when it is a key',
      [
        'sk-ant-api03-aB3dE5fG7h',
        'AKIAIOSFODNN7EXAMPLE',
        'ghp_aB3dE5fG7hI9jK1lM3nO5pQ7',
        '-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----',
        'AAAAAAAAAAAAAAAAAAAAAA==',
      ],
    ],
  ])('%s', (_rule, values) => {
    for (const value of values) expect(isCommonValue(value), value).toBe(false)
  })
})
