import { describe, expect, test } from 'vitest'
import { inlineValues } from '../../integrations/code/inline.ts'
import { RUNTIME } from '../../integrations/code/literal.ts'
import { parseModule } from '../../integrations/code/parse.ts'
import { inlinePlainReads } from '../../integrations/code/plain-reads.ts'
import { childrenOf, type Node } from '../../integrations/code/syntax.ts'
import { sampled, seeded } from '../support/random.ts'

const values = { A: 'x', PORT: 8080, COLD: -1, MAP: { a: [1] }, ON: true, NONE: null, TAG: '</script>' }
const options = { values, isSecret: (name: string) => name === 'DATABASE_URL' }

describe('code with plain reads only is changed without a parser', () => {
  test.each([
    ['const label = import.meta.env.A\nexport { label }', 'const label = "x"\nexport { label }'],
    ['const label = import.meta.env.A;', 'const label = "x";'],
    ['f(process.env.PORT, import.meta.env.PORT)', 'f("8080", 8080)'],
    ['if (process.env.ON === "true") f()', 'if ("true" === "true") f()'],
    ['const o = { a: import.meta.env.A, b: [process.env.A] }', 'const o = { a: "x", b: ["x"] }'],
    ['() => import.meta.env.A', '() => "x"'],
    ['return import.meta.env.ON && !process.env.A', 'return true && !"x"'],
    ['a ? import.meta.env.A : process.env.A ?? 1', 'a ? "x" : "x" ?? 1'],
    ["// process.env.A\nf(process.env.A) /* it's process.env */", '// process.env.A\nf("x") /* it\'s process.env */'],
    ["f(\"process.env.A\", 'it\\'s', process.env.A)", 'f("process.env.A", \'it\\\'s\', "x")'],
    ['f(process.env.B, import.meta.env.MODE, process.env.A)', 'f(process.env.B, import.meta.env.MODE, "x")'],
    ['a < 5 && f(process.env.A)', 'a < 5 && f("x")'],
    ['class C { #a = process.env.A; b = this.#a }', 'class C { #a = "x"; b = this.#a }'],
    ['f(process.env.A) // `${a}` /x/ <b>', 'f("x") // `${a}` /x/ <b>'],
    [
      'f(`it\'s ${process.env.A} \\` ${`${g({ a: "}" })}`}`, process.env.A)',
      'f(`it\'s ${"x"} \\` ${`${g({ a: "}" })}`}`, "x")',
    ],
    ['const { a } = b\nf(process.env.A, `${import.meta.env.A}/c`)', 'const { a } = b\nf("x", `${"x"}/c`)'],
    ['function g() { return `${a}${b}` }\nf(process.env.A)', 'function g() { return `${a}${b}` }\nf("x")'],
    ['f(a / b / c[1] / 2, process.env.A)', 'f(a / b / c[1] / 2, "x")'],
    ["f(/[/'\"]'/g, process.env.A)", 'f(/[/\'"]\'/g, "x")'],
    ["a = b ? /'/ : /`/.test(c) && process.env.A", 'a = b ? /\'/ : /`/.test(c) && "x"'],
    ['const a = useState<string>(process.env.A)', 'const a = useState<string>("x")'],
    ['f(/* a */ process.env.A)', 'f(/* a */ "x")'],
    ['return /* a */ process.env.A;', 'return /* a */ "x";'],
    ['f(import.meta.env.TAG)', 'f("\\x3C/script>")'],
  ])('%s', (code, expected) => {
    expect(inlinePlainReads(code, true, options)?.code).toBe(expected)
  })

  test('a read becomes a reference if values come at run time', () => {
    const code = 'f(import.meta.env.MAP, process.env.PORT, process.env.A)'
    expect(inlinePlainReads(code, true, { ...options, runtime: RUNTIME })?.code).toBe(
      'f(__systemprompt_public__.MAP, String(__systemprompt_public__.PORT), __systemprompt_public__.A)',
    )
  })
})

test('without JSX, angle brackets are code', () => {
  const code = "const a: Map<string, 'b'> = f(process.env.A)\nconst c = <T>(d: T) => `${process.env.A}`"
  expect(inlinePlainReads(code, false, options)?.code).toBe(
    'const a: Map<string, \'b\'> = f("x")\nconst c = <T>(d: T) => `${"x"}`',
  )
  expect(inlinePlainReads(code, true, options)).toBeUndefined()
})

describe('code is left to the parser', () => {
  test.each([
    ['a secret', 'f(process.env.DATABASE_URL)'],
    ['a value that may need parentheses', 'f(-import.meta.env.COLD)'],
    ['a map', '() => import.meta.env.MAP'],
    ['what may be a division or a regular expression', "if (a) /'/.test(process.env.A) / 2"],
    ['a regular expression after a keyword', "f(typeof /'/, process.env.A, /'/)"],
    ['a JSX element after a keyword', "return <p>it's {process.env.A} isn't</p>"],
    ['a regular expression after a line break', "break\n/'/.test(process.env.A)"],
    ['a division after an increment', "f(a++ /'/g, process.env.A, '/')"],
    ['delete in parentheses without a space', 'delete(process.env.A)'],
    ['an assignment after a keyword', 'return(process.env.A) = 1'],
    ['a JSX element', `<p>it's {process.env.A} isn't</p>`],
    ['a JSX element with spaces', `return < p>it's {process.env.A}</p>`],
    ['a JSX element in parentheses', `(<p>it's {process.env.A}</p>)`],
    ['an escape in a name', 'f(pr\\u006fcess.env.B, process.env.A)'],
    ['an unclosed string', `f('\n, process.env.A)`],
    ['an index', "f(process.env['A'])"],
    ['an optional chain', 'f(process.env?.A, process.env.A)'],
    ['destructuring', 'const { A } = process.env; f(process.env.A)'],
    ['the whole object', 'f(import.meta, process.env.A)'],
    ['a binding', 'function f(process) { return process.env.A }'],
    ['a property of something else', 'f(my.process.env.A)'],
    ['a property across a comment', 'f(my. // a,\nprocess.env.A)'],
    ['a property across many spaces', `f(my.${' '.repeat(300)}process.env.A)`],
    ['a private name', 'f(this.#process.env.A)'],
    ['a longer name', 'f(éprocess.env.A, process.env.Aé)'],
    ['a call', 'process.env.A(1)'],
    ['a tagged template', 'process.env.A`x`'],
    ['a call on the next line', 'f(process.env.A\n(1))'],
    ['a member', 'f(process.env.A.length)'],
    ['an assignment', 'process.env.A = 1'],
    ['an assignment with an operator', 'process.env.A ||= 1; import.meta.env.A **= 2; process.env.A >>>= 1'],
    ['an assignment in parentheses', '(process.env.A) = 1'],
    ['an assignment to a pattern', '[a, process.env.A] = list'],
    ['an assignment to a pattern in a pattern', '({ a: [process.env.A] } = list)'],
    ['an increment', '++process.env.A'],
    ['a postfix increment', '(process.env.A)++'],
    ['an increment in parentheses', '++(process.env.A)'],
    ['delete', 'delete process.env.A'],
    ['delete in parentheses', 'delete (process.env.A)'],
    ['a loop', 'for (process.env.A of list) f()'],
    ['a loop over a pattern', 'for ([process.env.A] of list) f()'],
    ['a rest target', '[...process.env.A] = list'],
    ['a type', 'type T = typeof process.env.A'],
    ['a cast', 'f(process.env.A as string)'],
    ['a non-null assertion', 'f(process.env.A!)'],
    ['the URL of a file', "new URL('./a.png', import.meta.url)"],
  ])('for %s', (_, code) => {
    expect(inlinePlainReads(code, true, options)).toBeUndefined()
  })
})

/** Pieces of code, among them what the two ways could see differently. */
const PARTS = [
  ...['process.env.A', 'import.meta.env.A', 'process.env.PORT', 'import.meta.env.ON', 'process.env.B', 'import.meta'],
  ...[
    'import.meta.env.NONE',
    'process',
    'process.env',
    'env',
    'meta',
    'import',
    'my',
    'process.env.DATABASE_URL',
    "new URL('./a', import.meta.url)",
    'a',
    '1',
    '"s"',
    "'t'",
    '`u`',
  ],
  ...[
    '"process.env.A"',
    '`${process.env.A}`',
    '/* process.env.A, */',
    "// it's process.env.A\n",
    '/r/',
    '/[/*"]/',
    "/'/",
    '${',
    '`',
    '<p>it is ',
    '</p>',
    '<T>',
    'f`',
    'a / b',
    '!',
    'if (a) ',
  ],
  ...['(', ')', '[', ']', '{', '}', ',', ';', ':', '?', '.', '?.', '...', '=>', '=', '==', '+=', '??=', '+', '++', '-'],
  ...[
    '--',
    '*',
    '/',
    '%',
    '<',
    '>',
    '>=',
    '!',
    '&&',
    '||',
    '??',
    '#',
    '@',
    '\\',
    '\n',
    '\n',
    ' ',
    ' ',
    ' ',
    '<b>',
    '</b>',
  ],
  ...[
    'return ',
    'typeof ',
    'delete ',
    'const ',
    'new ',
    'await ',
    ' of ',
    ' in ',

    'for (',
    'if (',
    'function f(',
  ],
  ...[
    ' as ',
    'type T = ',
    '({ a: ',
    ' } = o)',
    '[process.env.A] = o',
    'const a = ',
    'f(',
    'case ',
    'class C { ',
    'b = ',
    '() => ',
  ],
]

/** Where a type or a namespace is named with dots; it is erased anyway. */
function namesOfTypes(node: Node): ReadonlySet<number> {
  const found = new Set<number>()
  const visit = (each: Node): void => {
    if (each.type === 'TSQualifiedName') found.add(each.start)
    for (const child of childrenOf(each)) visit(child)
  }
  visit(node)
  return found
}

test.each([
  ['/app/file.js', true],
  ['/app/file.tsx', true],
  ['/app/file.ts', false],
])('random code in %s is changed without a parser as with one', async (id, isJsx) => {
  const { pick, below, seed } = seeded()
  let compared = 0
  for (let round = 0; round < sampled(20_000, 1_000_000); round++) {
    const before = Array.from({ length: below(5) }, () => pick(PARTS)).join('')
    const after = Array.from({ length: below(4) }, () => pick(PARTS)).join('')
    const code = `${before}${pick(PARTS.slice(0, 5))}${after}`
    const plain = inlinePlainReads(code, isJsx, options)
    const program = plain && (await parseModule(code, id))
    if (!program) continue
    compared++
    const { replacements, reads, assets } = inlineValues(code, program, options)
    const types = namesOfTypes(program)
    const inCode = plain.replacements.filter(({ start }) => !types.has(start))
    expect([...reads, ...assets], `SEED=${seed}: ${JSON.stringify(code)}`).toEqual([])
    expect(inCode, `SEED=${seed}: ${JSON.stringify(code)}`).toEqual(replacements)
  }
  expect(compared).toBeGreaterThan(500)
})
