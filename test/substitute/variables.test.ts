import { describe, expect, test } from 'vitest'
import { collectProblems } from '../../src/errors/errors.ts'
import { type Candidate, createVariables, type OnUndefined, type Variables } from '../../src/substitute/variables.ts'
import type { LayerName } from '../../src/types.ts'
import { type Random, sampled, seeded } from '../support/random.ts'

interface Setup {
  /** .env definitions: one value, or several of one name, highest precedence first. */
  readonly dotenv?: Readonly<Record<string, string | readonly string[]>>
  /** Values that stand for themselves: the process environment. */
  readonly env?: Readonly<Record<string, string>>
  readonly secrets?: Readonly<Record<string, string>>
  readonly onUndefined?: OnUndefined
  readonly bare?: boolean
}

function setUp(setup: Setup): { variables: Variables; problems: ReturnType<typeof collectProblems> } {
  const problems = collectProblems()
  const site = { source: { layer: 'dotenv', file: '.env', confidential: true } } as const
  const literal = (value: string | undefined, layer: LayerName): readonly Candidate[] =>
    value === undefined ? [] : [{ value, site: { source: { ...site.source, layer } }, expands: false }]
  const variables = createVariables({
    candidates: (name) => [
      ...literal(setup.env?.[name], 'environment'),
      ...[setup.dotenv?.[name] ?? []].flat().map((value) => ({ value, site, expands: true })),
      ...literal(setup.secrets?.[name], 'secrets'),
    ],
    names: () => [setup.env, setup.dotenv, setup.secrets].flatMap((given) => Object.keys(given ?? {})),
    isSecret: (name) => setup.secrets?.[name] !== undefined,
    onUndefined: setup.onUndefined ?? 'error',
    bare: setup.bare ?? false,
    problems,
  })
  return { variables, problems }
}

function textOf(setup: Setup, name: string): string | undefined {
  const variable = setUp(setup).variables.get(name)
  return typeof variable === 'object' ? variable.value : variable
}

describe('resolving a variable', () => {
  test.each<[string, Setup, string | undefined]>([
    ['a reference becomes the value of its variable', { dotenv: { A: '${B}', B: 'b' } }, 'b'],
    ['the environment takes precedence over .env', { dotenv: { A: '${B}', B: 'file' }, env: { B: 'env' } }, 'env'],
    ['a secret is found by its environment name', { dotenv: { A: 'x${S}' }, secrets: { S: 's' } }, 'xs'],
    [':- takes the default when unset', { dotenv: { A: '${B:-d}' } }, 'd'],
    [':- takes the default when empty', { dotenv: { A: '${B:-d}', B: '' } }, 'd'],
    ['- keeps an empty value', { dotenv: { A: '${B-d}', B: '' } }, ''],
    ['- takes the default when unset', { dotenv: { A: '${B-d}' } }, 'd'],
    ['a default that is not needed is not evaluated', { dotenv: { A: '${B:-${NOWHERE}}', B: 'b' } }, 'b'],
    ['a default may have a reference', { dotenv: { A: '${B:-x${C}y}', C: 'c' } }, 'xcy'],
    [':+ gives the text when set', { dotenv: { A: '${B:+t${C}}', B: 'b', C: 'c' } }, 'tc'],
    [':+ gives nothing when empty', { dotenv: { A: '${B:+t}', B: '' } }, ''],
    ['+ gives the text when set and empty', { dotenv: { A: '${B+t}', B: '' } }, 't'],
    ['+ gives nothing when unset', { dotenv: { A: '${B+t}' } }, ''],
    [':? passes a value through', { dotenv: { A: '${B:?needed}', B: 'b' } }, 'b'],
    ['? passes an empty value through', { dotenv: { A: '${B?needed}', B: '' } }, ''],
    ['references may go forward and backward', { dotenv: { Z: '1', A: '${Z}${B}', B: '2' } }, '12'],
    ['a value of the environment is not expanded', { dotenv: { A: '${B}' }, env: { B: '${C}' } }, '${C}'],
    ['a secret is not expanded', { dotenv: { A: '${S}' }, secrets: { S: '$<C>' } }, '$<C>'],
    ['a name that refers to itself gets the value of the layer below', { dotenv: { A: ['${A}2', '1'] } }, '12'],
    ['a name may refer to itself through several layers', { dotenv: { A: ['${A}3', '${A}2', '1'] } }, '123'],
    ['a name may refer to itself down to the secret', { dotenv: { A: '${A}?ssl' }, secrets: { A: 'url' } }, 'url?ssl'],
    [
      'a setting that resolves to nothing falls back to the layer below',
      { dotenv: { A: '${SYSTEMPROMPT__B}', SYSTEMPROMPT__B: ['${C}', 'b'] }, env: { C: '' } },
      'b',
    ],
    ['any other variable that resolves to nothing stays empty', { dotenv: { A: ['${C}', 'a'] }, env: { C: '' } }, ''],
    [
      'a name that refers to itself gets the default if there is no layer below',
      { dotenv: { A: '${A:-none}' } },
      'none',
    ],
    ['a command is text', { dotenv: { A: '$(id)' } }, '$(id)'],
    ['onUndefined: keep leaves the reference as text', { dotenv: { A: 'x${B}' }, onUndefined: 'keep' }, 'x${B}'],
    ['onUndefined: empty leaves nothing', { dotenv: { A: 'x${B}' }, onUndefined: 'empty' }, 'x'],
    ['an undefined variable fails', { dotenv: { A: 'x${B}' } }, 'failed'],
    ['an unknown variable is undefined', {}, undefined],
  ])('%s', (_, setup, expected) => {
    expect(textOf(setup, 'A')).toBe(expected)
  })
})

describe('problems', () => {
  const codesOf = (setup: Setup, ...names: string[]): string[] => {
    const { variables, problems } = setUp(setup)
    for (const name of names) variables.get(name)
    return problems.errors.map(({ code }) => code)
  }
  test('every undefined variable of a value is reported', () => {
    const { variables, problems } = setUp({ dotenv: { A: '${X}${Y}' } })
    variables.get('A')
    expect(problems.errors.map(({ message }) => message)).toEqual([
      expect.stringContaining('X is not set'),
      expect.stringContaining('Y is not set'),
    ])
  })
  test('what follows from a failure is not reported again', () => {
    expect(codesOf({ dotenv: { A: '${B}', B: '${C}', C: '${X}' } }, 'A', 'B', 'C')).toEqual(['UNDEFINED_VARIABLE'])
  })
  test('the message of :? is shown as written, with its references unresolved', () => {
    const { variables, problems } = setUp({ dotenv: { A: '${B:?set it, ${S}}' }, secrets: { S: 'sesame' } })
    variables.get('A')
    expect(problems.errors[0]).toMatchObject({ code: 'REQUIRED_VARIABLE', message: 'needs B: set it, ${S}' })
    const nested = setUp({ dotenv: { A: '${B:?set it, ${S:-now}}' } })
    nested.variables.get('A')
    expect(nested.problems.errors[0]).toMatchObject({ message: 'needs B: set it, ${S:-now}' })
  })
  test.each([
    ['${B?}', 'needs B, which is not set'],
    ['${B:?}', 'needs B, which is not set or is empty'],
    ['${B:?call it "B"}', 'needs B: call it "B"'],
    ['${B:?two\nlines}', 'needs B: two\\nlines'],
    [`\${B:?${'x'.repeat(300)}}`, `needs B: ${'x'.repeat(200)}`],
  ])('the message of %j is shown', (text, message) => {
    const { variables, problems } = setUp({ dotenv: { A: text } })
    variables.get('A')
    expect(problems.errors.map((error) => error.message)).toEqual([message])
  })
  test('a cycle is reported once, with its chain', () => {
    const { variables, problems } = setUp({ dotenv: { A: '${B}', B: '${C}', C: '${A}' } })
    for (const name of ['A', 'B', 'C']) expect(variables.get(name)).toBe('failed')
    expect(problems.errors).toHaveLength(1)
    expect(problems.errors[0]).toMatchObject({ code: 'REFERENCE_CYCLE', message: 'refers to itself: A → B → C → A' })
  })
  test('a cycle that is reached from outside is shown without the references that lead to it', () => {
    const { variables, problems } = setUp({ dotenv: { Z: '${A}', A: '${B}', B: '${A}' } })
    variables.get('Z')
    expect(problems.errors.map(({ message }) => message)).toEqual(['refers to itself: A → B → A'])
  })
  test('the longest of several chains in one value counts', () => {
    const chain = Object.fromEntries(
      Array.from({ length: 33 }, (_, at) => [`V${at}`, at === 0 ? 'x' : `\${V${at - 1}}`]),
    )
    expect(codesOf({ dotenv: { ...chain, A: '${V32}${V0}' } }, 'A')).toEqual(['LIMIT_EXCEEDED'])
  })
  test('32 references to a value are followed, 33 are not', () => {
    const chain = (length: number): Record<string, string> =>
      Object.fromEntries(Array.from({ length: length + 1 }, (_, at) => [`V${at}`, at === 0 ? 'x' : `\${V${at - 1}}`]))
    expect(textOf({ dotenv: chain(32) }, 'V32')).toBe('x')
    expect(codesOf({ dotenv: chain(33) }, 'V33')).toEqual(['LIMIT_EXCEEDED'])
    const ascending = Array.from({ length: 34 }, (_, at) => `V${at}`)
    expect(codesOf({ dotenv: chain(33) }, ...ascending)).toEqual(['LIMIT_EXCEEDED'])
  })
  test('32 defaults in each other are followed, 33 are not', () => {
    const nested = (depth: number): Setup => ({ dotenv: { A: `${'${B:-'.repeat(depth)}x${'}'.repeat(depth)}` } })
    expect(textOf(nested(32), 'A')).toBe('x')
    expect(codesOf(nested(33), 'A')).toEqual(['LIMIT_EXCEEDED'])
  })
  test('a chain of 20,000 is refused and does not exhaust the stack', () => {
    const chain = Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`V${at}`, `\${V${at + 1}}`]))
    expect(codesOf({ dotenv: { ...chain, V20000: 'x' } }, 'V0')).toContain('LIMIT_EXCEEDED')
  })
  test('values that double line by line are refused at 1 MiB, before memory runs out', () => {
    const fan = Object.fromEntries(
      Array.from({ length: 40 }, (_, at) => [`V${at}`, at === 0 ? 'x'.repeat(64) : `\${V${at - 1}}\${V${at - 1}}`]),
    )
    expect(codesOf({ dotenv: fan }, 'V39')).toEqual(['LIMIT_EXCEEDED'])
  })
  test('all values together are refused past 4 MiB', () => {
    const many = Object.fromEntries(Array.from({ length: 10 }, (_, at) => [`V${at}`, '${BIG}']))
    const names = Object.keys(many)
    expect(codesOf({ dotenv: many, env: { BIG: 'x'.repeat(1_000_000) } }, ...names)).toContain('LIMIT_EXCEEDED')
  })
  test('a name that refers to itself twice per layer is resolved once per layer', () => {
    const layers = Array.from({ length: 16 }, () => '${A}${A}')
    expect(textOf({ dotenv: { A: [...layers, 'x'] } }, 'A')).toBe('x'.repeat(2 ** 16))
  })
})

describe('taint', () => {
  const taintOf = (setup: Setup, name: string): readonly string[] | undefined => {
    const variable = setUp(setup).variables.get(name)
    return typeof variable === 'object' ? variable.taint : undefined
  }
  test.each<[string, Setup, readonly string[] | undefined]>([
    ['a secret is tainted by itself', { secrets: { A: 's' } }, ['A']],
    [
      'a variable that refers to a secret is tainted by the chain',
      { dotenv: { A: '${B}', B: 'x${S}' }, secrets: { S: 's' } },
      ['B', 'S'],
    ],
    [
      'a variable with a secret-sounding name taints',
      { dotenv: { A: '${SMTP_PASSWORD}', SMTP_PASSWORD: 'p' } },
      ['SMTP_PASSWORD'],
    ],
    ['PWD in the environment does not taint', { dotenv: { A: '${PWD}' }, env: { PWD: '/builds/t3_Xy8aB' } }, undefined],
    ['PWD in a file taints', { dotenv: { A: '${PWD}', PWD: 'p' } }, ['PWD']],
    ['a URL with a password taints', { dotenv: { A: 'x ${B}' }, env: { B: 'postgres://app:k3y@db/shop' } }, ['B']],
    [
      'a URL that is composed with a password is tainted',
      { dotenv: { A: 'postgres://${B}@db/shop', B: 'app:k3y' } },
      ['A'],
    ],
    [
      'a secret that refers to a secret is tainted by itself',
      { dotenv: { A: '${SMTP_PASSWORD}', SMTP_PASSWORD: '${S}' }, secrets: { S: 's' } },
      ['SMTP_PASSWORD'],
    ],
    ['the first of several secrets is named', { dotenv: { A: '${S}${T}' }, secrets: { S: 's', T: 't' } }, ['S']],
    ['a default that is used taints', { dotenv: { A: '${B:-${S}}' }, secrets: { S: 's' } }, ['S']],
    [
      'a default that is not used does not taint',
      { dotenv: { A: '${B:-${S}}', B: 'b' }, secrets: { S: 's' } },
      undefined,
    ],
    ['whether a secret is set does not taint', { dotenv: { A: '${S:+yes}' }, secrets: { S: 's' } }, undefined],
    ['plain values are not tainted', { dotenv: { A: '${B}', B: 'b' } }, undefined],
  ])('%s', (_, setup, expected) => {
    expect(taintOf(setup, 'A')).toEqual(expected)
  })
})

/** A reference interpreter of the language, as short as can be. */
function reference(
  texts: Readonly<Record<string, Piece[]>>,
  name: string,
  running: readonly string[] = [],
): string | 'failed' | undefined {
  const pieces = texts[name]
  if (!pieces) return undefined
  if (running.includes(name)) return 'failed'
  const evaluate = (list: readonly Piece[]): string | 'failed' => {
    let text = ''
    let failed = false
    for (const piece of list) {
      const part = typeof piece === 'string' ? piece : follow(piece)
      if (part === 'failed' || part === undefined) failed = true
      else text += part
    }
    return failed ? 'failed' : text
  }
  const follow = ({ name: wanted, operator, operand }: Ref): string | 'failed' => {
    const value = wanted === name ? undefined : reference(texts, wanted, [...running, name])
    if (value === 'failed') return 'failed'
    const isSet = value !== undefined && !(operator.startsWith(':') && value === '')
    if (operator.endsWith('+')) return isSet ? evaluate(operand) : ''
    if (isSet) return value ?? ''
    return operator.endsWith('-') ? evaluate(operand) : 'failed'
  }
  return evaluate(pieces)
}

interface Ref {
  readonly name: string
  readonly operator: string
  readonly operand: Piece[]
}
type Piece = string | Ref

function randomPieces(random: Random, names: readonly string[], depth: number): Piece[] {
  return Array.from({ length: random.below(4) }, () => {
    if (random.next() < 0.4) return random.pick(['x', '-', ' ', 'é', '}', '$', ':'])
    const operator = random.pick(['', '', ':-', '-', ':?', '?', ':+', '+'])
    const operand =
      operator === '' || depth > 3 ? [] : randomPieces(random, names, depth + 1).filter((piece) => piece !== '}')
    return { name: random.pick(names), operator, operand }
  })
}

function written(pieces: readonly Piece[]): string {
  return pieces
    .map((piece) => (typeof piece === 'string' ? piece : `\${${piece.name}${piece.operator}${written(piece.operand)}}`))
    .join('')
}

/** A piece `$` in front of a brace would be an escape, which the interpreter above does not know. */
function isPlain(text: string): boolean {
  return !/\$\$[{<]/.test(text)
}

const graphs = sampled(2_000, 100_000)
const random = seeded()

test(`${graphs} random graphs resolve as a short interpreter resolves them (SEED=${random.seed})`, () => {
  for (let graph = 0; graph < graphs; graph++) {
    const names = Array.from({ length: 1 + random.below(7) }, (_, at) => `V${at}`)
    const defined = names.filter(() => random.next() < 0.8)
    const texts = Object.fromEntries(defined.map((name) => [name, randomPieces(random, names, 0)]))
    const dotenv = Object.fromEntries(Object.entries(texts).map(([name, pieces]) => [name, written(pieces)]))
    if (!Object.values(dotenv).every(isPlain)) continue
    const { variables } = setUp({ dotenv })
    for (const name of names) {
      const variable = variables.get(name)
      const value = typeof variable === 'object' ? variable.value : variable
      const expected = reference(texts, name)
      if (expected === 'failed' && value === 'failed') continue
      expect({ dotenv, name, value }).toEqual({ dotenv, name, value: expected })
    }
  }
})
