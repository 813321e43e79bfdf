import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { createMatcher, createRedactor, createRedactStream, type SecretValue } from '../../src/scan/index.ts'
import { type Random, sampled, seeded } from '../support/random.ts'

const KEY = 'sk_live-51Hq8aZ0pQ7nV3xYbT6'
const SECRETS: readonly SecretValue[] = [
  { name: 'KEY', value: KEY },
  { name: 'DATABASE_URL', value: 'postgres://app:k3yX9aLm2Q@db:5432/app' },
  { name: 'HOST', value: 'localhost' },
]

/** What comes out when a text is pushed in pieces, piece by piece; the last is what comes at the end. */
function pieces(chunks: readonly (string | Uint8Array)[], secrets = SECRETS): string[] {
  const redactor = createRedactor(secrets)
  const out = chunks.map((chunk) => redactor.push(Buffer.from(chunk)).toString())
  return [...out, redactor.end().toString()]
}

function whole(input: string | Uint8Array, secrets = SECRETS): string {
  return pieces([input], secrets).join('')
}

describe('a redactor masks', () => {
  test.each<[string, string, string]>([
    ['a secret', `key=${KEY};`, 'key=••••;'],
    ['each of several secrets', `${KEY} ${KEY}\n`, '•••• ••••\n'],
    ['two adjacent secrets', `${KEY}${KEY}.`, '••••••••.'],
    ['a common value too', 'at localhost:80', 'at ••••:80'],
    ['a URL, and its password by itself', 'postgres://app:k3yX9aLm2Q@db:5432/app k3yX9aLm2Q!', '•••• ••••!'],
    ['base64', `a ${Buffer.from(`x${KEY}`).toString('base64')} b`, 'a eH••••g== b'],
    ['JSON', JSON.stringify({ url: SECRETS[1]?.value }), '{"url":"••••"}'],
    ['a secret at the very end', KEY, '••••'],
  ])('%s', (_what, input, output) => {
    expect(whole(input)).toBe(output)
  })
  test('with a custom mask', () => {
    const redactor = createRedactor(SECRETS, { mask: '[secret]' })
    expect(redactor.push(Buffer.from(`a ${KEY}.`)).toString()).toBe('a [secret].')
  })
  test('overlapping secrets as one', () => {
    const secrets = [
      { name: 'A', value: 'k3yX9aLm2Q' },
      { name: 'B', value: 'aLm2QzT7wP0' },
    ]
    expect(whole('<k3yX9aLm2QzT7wP0>', secrets)).toBe('<••••>')
    expect(pieces([...'<k3yX9aLm2QzT7wP0>'], secrets).join('')).toBe('<••••>')
  })
  test('a secret in pieces of any size', () => {
    const input = Buffer.from(`a ${KEY} b ${encodeURIComponent(SECRETS[1]?.value ?? '')} c ${KEY.slice(0, -1)}`)
    for (let size = 1; size < 40; size++) {
      const chunks = Array.from({ length: Math.ceil(input.length / size) }, (_, at) =>
        input.subarray(at * size, (at + 1) * size),
      )
      expect(pieces(chunks).join('')).toBe(`a •••• b •••• c ${KEY.slice(0, -1)}`)
    }
  })
})

describe('a redactor that is given one secret again and again', () => {
  const secrets = [{ name: 'A', value: 'x'.repeat(16) }]
  test('shows one mask for overlapping matches, and has nothing left at the end', () => {
    const redactor = createRedactor(secrets)
    const out = Array.from({ length: 200 }, () => redactor.push(Buffer.alloc(1000, 'x')).toString())
    expect(out.join('')).toBe('••••')
    expect(redactor.end().toString()).toBe('')
  })
  test('masks it in pieces of any size', () => {
    for (let size = 1; size < 20; size++) {
      const chunks = `a${'x'.repeat(50)}b${'x'.repeat(15)}`.match(new RegExp(`.{1,${size}}`, 'g')) ?? []
      expect(pieces(chunks, secrets).join('')).toBe(`a••••b${'x'.repeat(15)}`)
    }
  })
})

test('a redactor does not depend on a piece once it has been pushed', () => {
  const redactor = createRedactor(SECRETS)
  const piece = Buffer.from(KEY.slice(0, 9))
  redactor.push(piece)
  piece.fill('x')
  expect(redactor.push(Buffer.from(KEY.slice(9))).toString() + redactor.end().toString()).toBe('••••')
})

describe('a redactor lets through', () => {
  test('bytes without a secret unchanged', () => {
    const bytes = Buffer.from(Array.from({ length: 4096 }, (_, index) => (index * 7919) % 256))
    const redactor = createRedactor(SECRETS)
    expect(Buffer.concat([redactor.push(bytes), redactor.end()]).equals(bytes)).toBe(true)
  })
  test('the beginning of a secret, once the rest does not follow', () => {
    expect(pieces(['a sk_live-51', 'Hq8 !'])).toEqual(['a ', 'sk_live-51Hq8 !', ''])
    expect(pieces(['a sk_live-51'])).toEqual(['a ', 'sk_live-51'])
  })
})

describe('a redactor holds back nothing but the beginning of a secret', () => {
  test.each(['Listening on port 3000\n', 'password: ', '{"level":30,"msg":"started"}\n', 'Continue? [y/N] ', ''])(
    '%j is released at once',
    (line) => {
      const redactor = createRedactor(SECRETS)
      expect(redactor.push(Buffer.from(line)).toString()).toBe(line)
      expect(redactor.isHolding).toBe(false)
    },
  )
  test('the rest of its line is released', () => {
    expect(pieces(['one\ntwo sk_l'])[0]).toBe('one\ntwo ')
  })
  test('flush releases a few bytes of it, and the rest is still masked', () => {
    const redactor = createRedactor(SECRETS)
    expect(redactor.push(Buffer.from('a sk_')).toString()).toBe('a ')
    expect(redactor.flush().toString()).toBe('sk_')
    expect(redactor.push(Buffer.from(`${KEY.slice(3)}.`)).toString()).toBe('••••.')
  })
  test('flush does not release more of it', () => {
    const redactor = createRedactor(SECRETS)
    redactor.push(Buffer.from('a sk_l'))
    expect(redactor.flush().toString()).toBe('')
    expect(redactor.isHolding).toBe(true)
    expect(redactor.push(Buffer.from('ong')).toString()).toBe('sk_long')
  })
  test('a whole secret is masked at once, even if more could follow', () => {
    const redactor = createRedactor(SECRETS)
    expect(redactor.push(Buffer.from(`a ${KEY}`)).toString() + redactor.flush().toString()).toBe('a ••••')
    expect(redactor.push(Buffer.from(KEY)).toString() + redactor.end().toString()).toBe('••••')
  })
  describe('a secret with which a longer one begins is masked by flush', () => {
    const masked = () => {
      const values = ['one-and-two', 'one-and-two-and-three']
      const redactor = createRedactor(values.map((value) => ({ name: value, value })))
      const push = (piece: string) => redactor.push(Buffer.from(piece)).toString()
      expect([push('a one-and-two'), redactor.flush().toString()]).toEqual(['a ', '••••'])
      return { redactor, push }
    }
    test('once', () => {
      const { redactor } = masked()
      expect(redactor.isHolding).toBe(false)
      expect(redactor.flush().toString() + redactor.end().toString()).toBe('')
    })
    test('together with the rest of the longer one', () => {
      const { push } = masked()
      expect(push('-and-three.')).toBe('.')
    })
    test('and other text after it is released', () => {
      const { push } = masked()
      expect(push('-and-four.')).toBe('-and-four.')
    })
    test('and a few bytes after it are released by the next flush, and then the rest is masked again', () => {
      const { redactor, push } = masked()
      expect([push('-an'), redactor.flush().toString()]).toEqual(['', '-an'])
      expect(push('d-three.')).toBe('••••.')
    })
  })
  test('a secret that overlaps a masked one gets no second mask', () => {
    const values = ['one-and-two', 'and-two-and-three', 'and-two-and-three-and-more']
    const redactor = createRedactor(values.map((value) => ({ name: value, value })))
    const out = ['one-and-two', '-and-three', '.'].map(
      (piece) => redactor.push(Buffer.from(piece)).toString() + redactor.flush().toString(),
    )
    expect(out).toEqual(['••••', '', '.'])
  })
  test('a secret inside what may be the beginning of another waits for its end', () => {
    const redactor = createRedactor(
      ['one-and-two', 'of-one-and-two-and-three'].map((value) => ({ name: value, value })),
    )
    redactor.push(Buffer.from('of-one-and-two'))
    expect(redactor.flush().toString()).toBe('')
    expect(redactor.push(Buffer.from('.')).toString()).toBe('of-••••.')
  })
  test('a secret that arrives slowly is masked after its first bytes', () => {
    const redactor = createRedactor(SECRETS)
    const out = [...KEY].map(
      (character) => redactor.push(Buffer.from(character)).toString() + redactor.flush().toString(),
    )
    expect(out.join('')).toBe('sk_••••')
  })
})

describe('a redacting stream', () => {
  test('masks what is written to it', async () => {
    const stream = createRedactStream(SECRETS)
    stream.write(`a ${KEY.slice(0, 10)}`)
    stream.end(`${KEY.slice(10)} b`)
    expect(await text(stream)).toBe('a •••• b')
  })
  test('accepts a matcher in place of secrets', async () => {
    const stream = createRedactStream(createMatcher(SECRETS))
    stream.end(`${KEY} at localhost`)
    expect(await text(stream)).toBe('•••• at localhost')
  })
  test('fails with the error that destroys it', async () => {
    const stream = createRedactStream(SECRETS)
    stream.write(`key is ${KEY.slice(0, 10)}`)
    stream.destroy(new Error('broken'))
    await expect(once(stream, 'close')).rejects.toThrow('broken')
  })
  test('shows a prompt that ends like a secret begins, after the time of flushAfter', async () => {
    const stream = createRedactStream(SECRETS, { flushAfter: 1 })
    const shown: string[] = []
    stream.on('data', (chunk: Buffer) => shown.push(String(chunk)))
    stream.write('Answer s')
    await setTimeout(60)
    expect(shown.join('')).toBe('Answer s')
    stream.end(`${KEY.slice(1)}.`)
    await once(stream, 'end')
    expect(shown.join('')).toBe('Answer s••••.')
  })
})

// Against the whole text at once

const random = seeded()
const rounds = sampled(100, 30_000)

test(`${rounds} random texts come out in random pieces as in one piece, without a secret (SEED=${random.seed})`, () => {
  for (let round = 0; round < rounds; round++) {
    const alphabet = random.pick(['ab', 'abcdefgh', 'aB3+/%&\\"-_', 'é€😀a\n'])
    const secrets = Array.from({ length: 1 + random.below(4) }, (_, index) => ({
      name: `S${index}`,
      value: textOf(random, alphabet, 8 + random.below(20)),
    }))
    const parts = Array.from({ length: 8 }, () => {
      const { value } = random.pick(secrets)
      const written = random.pick([
        encodeURIComponent,
        JSON.stringify,
        String,
        (each: string) => Buffer.from(each).toString('base64'),
      ])(value)
      return random.below(2) === 0
        ? written.slice(random.below(3) === 0 ? random.below(8) : 0)
        : textOf(random, alphabet, random.below(12))
    })
    const input = Buffer.from(parts.join(''))
    const once = pieces([input], secrets).join('')
    const chunks: Buffer[] = []
    for (let at = 0; at < input.length; ) {
      const size = 1 + random.below(random.pick([1, 4, 30]))
      chunks.push(input.subarray(at, at + size))
      at += size
    }
    const label = `${round}: ${JSON.stringify([secrets.map(({ value }) => value), input.toString(), chunks.map(({ length }) => length)])}`
    const redactor = createRedactor(secrets)
    const out = Buffer.concat([...chunks.map((chunk) => redactor.push(chunk)), redactor.end()]).toString()
    expect(out, label).toBe(once)
    for (const { value } of secrets) expect(out.includes(value), label).toBe(false)
  }
})

function textOf(random: Random, alphabet: string, length: number): string {
  const characters = [...alphabet]
  return Array.from({ length }, () => random.pick(characters)).join('')
}
