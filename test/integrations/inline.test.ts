import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping'
import { describe, expect, test } from 'vitest'
import { type Inlined, inlineValues } from '../../integrations/code/inline.ts'
import { parseModule } from '../../integrations/code/parse.ts'
import { sourceMapOf } from '../../integrations/code/source-map.ts'

const values = { A: 'x', PORT: 8080, COLD: -1, MAP: { a: [1] }, LIST: [1, 2], ON: true, NONE: null, TAG: '</script>' }
const options = { values, isSecret: (name: string) => name === 'DATABASE_URL' }

async function inline(code: string, id = '/app/file.ts'): Promise<Inlined> {
  const program = await parseModule(code, id)
  return program ? inlineValues(code, program, options) : { replacements: [], reads: [], assets: [] }
}

async function inlined(code: string, id?: string): Promise<string> {
  return (await inline(code, id)).code ?? code
}

describe('a public value is inlined where code reads it', () => {
  test.each([
    ['as a member', 'f(import.meta.env.A)', 'f("x")'],
    ['by a string key', "f(import.meta.env['A'])", 'f("x")'],
    ['by a template literal without substitutions', 'f(import.meta.env[`A`])', 'f("x")'],
    ['through an optional chain', 'f(import.meta?.env?.A?.length)', 'f("x"?.length)'],
    ['through a cast', 'f((import.meta as any).env.A as string)', 'f("x" as string)'],
    ['with a non-null assertion', 'f(process.env.A!)', 'f("x"!)'],
    ['in a template literal', '`${process.env.A}`', '`${"x"}`'],
    ['with its type from import.meta.env', 'f(import.meta.env.PORT, import.meta.env.ON)', 'f(8080, true)'],
    ['as a string from process.env', 'f(process.env.PORT, process.env.ON)', 'f("8080", "true")'],
    ['as a map', 'f(import.meta.env.MAP)', 'f(({"a":[1]}))'],
    ['as null', 'f(import.meta.env.NONE)', 'f(null)'],
    ['as the body of an arrow function', '() => import.meta.env.MAP', '() => ({"a":[1]})'],
    ['as a number whose method is called', 'f(import.meta.env.PORT.toFixed())', 'f((8080).toFixed())'],
    ['as a number on a line after a name', 'f\nimport.meta.env.PORT.toFixed()', 'f\nNumber(8080).toFixed()'],
    [
      'by destructuring with a default',
      'const { env: { A } = {} } = process',
      'const { env: { A } = {} } = { env: { "A": "x" } }',
    ],
    ['in a script with a top-level return', 'return f(process.env.A)', 'return f("x")'],
    ['as a negative number', 'f(-import.meta.env.COLD)', 'f(-(-1))'],
    ['on a line after one without a semicolon', 'f()\nimport.meta.env.LIST.map(f)', 'f()\nObject([1,2]).map(f)'],
    ['as a string that would end a script', 'f(import.meta.env.TAG)', 'f("\\x3C/script>")'],
    ['by destructuring', 'const { A, PORT: p } = import.meta.env', 'const { A, PORT: p } = { "A": "x", "PORT": 8080 }'],
    ['by nested destructuring', 'const { env: { A } } = process', 'const { env: { A } } = { env: { "A": "x" } }'],
    ['by destructuring in an assignment', '({ A: a } = process.env)', '({ A: a } = { "A": "x" })'],
    [
      'by destructuring in a parameter',
      'function f({ A } = import.meta.env) {}',
      'function f({ A } = { "A": "x" }) {}',
    ],
    [
      'by destructuring along with other names',
      'const { A, MODE } = import.meta.env',
      'const { A, MODE } = { "A": "x", "MODE": import.meta.env.MODE }',
    ],
    [
      'by destructuring with a rest',
      'const { A, ...rest } = import.meta.env',
      'const { A, ...rest } = { ...import.meta.env, "A": "x" }',
    ],
    ['where process is declared for types only', 'declare const process: any; f(process.env.A)', /f\("x"\)/],
    ['by a name that is written with an escape', 'f(pr\\u006fcess.env.A, process.title)', 'f("x", process.title)'],
    ['in a scope next to one that shadows it', '{ let process = 1 } f(process.env.A)', /f\("x"\)/],
  ])('%s', async (_, code, expected) => {
    if (typeof expected === 'string') expect(await inlined(code)).toBe(expected)
    else expect(await inlined(code)).toMatch(expected)
  })

  test.each(['tsx', 'jsx', 'js'])('in JSX in a .%s file', async (extension) => {
    expect(await inlined('<a b={import.meta.env.A}>{process.env.A}</a>', `/app/file.${extension}`)).toBe(
      '<a b={"x"}>{"x"}</a>',
    )
  })

  test.each(['/app/App.vue?vue&type=script&setup=true&lang.ts', '/app/file.mts', '/app/file.cts'])(
    'in %s',
    async (id) => {
      expect(await inlined('f(<string>import.meta.env.A)', id)).toBe('f(<string>"x")')
    },
  )
})

describe('code is left unchanged', () => {
  test.each([
    ['in a string', '"process.env.A"'],
    ['in a comment', '/* import.meta.env.A */ // process.env.A'],
    ['in a template literal', '`import.meta.env.A`'],
    ['for a name that is not public', 'f(import.meta.env.B, process.env.NODE_ENV)'],
    ['for a name that every object inherits', 'f(import.meta.env.constructor, process.env.toString())'],
    ['for a computed name', 'f(process.env[name])'],
    ['for the whole object', 'JSON.stringify(process.env)'],
    ['for an assignment', 'process.env.A = 1; import.meta.env.A ||= 2'],
    ['for an assignment through a cast', '(process.env.A as any) = 1'],
    ['for an increment', 'process.env.A++'],
    ['for delete', 'delete process.env.A'],
    ['for a target in an array pattern', '[process.env.A] = list'],
    ['for a target in an object pattern', '({ a: process.env.A } = object)'],
    ['for a target with a default', '[process.env.A = 1] = list'],
    ['for a rest target', '[...process.env.A] = list'],
    ['for the variable of a loop', 'for (process.env.A of list) f()'],
    ['for a property of something else', 'f(my.process.env.A, my.import.meta)'],
    ['for a parameter called process', 'function f(process) { return process.env.A }'],
    ['for a variable called process', 'const process = {}; f(process.env.A)'],
    ['for a var further down in the function', 'function f() { g(process.env.A); { var process } }'],
    ['for an imported process', "import process from 'node:process'; f(process.env.A)"],
    ['for a destructured process', 'const { process } = globals; f(process.env.A)'],
    ['for a caught error called process', 'try {} catch (process) { f(process.env.A) }'],
    ['for a parameter property', 'class C { constructor(private process: any) { f(process.env.A) } }'],
    ['for a function called process', 'function process() {} f(process.env.A)'],
    ['for a type', 'type T = typeof process.env.A'],
    ['where it does not parse', 'f(import.meta.env.A'],
  ])('%s', async (_, code) => {
    expect((await inline(code)).code).toBeUndefined()
  })
})

describe('a secret that code reads is reported with line and column', () => {
  test.each([
    ['as a member', 'f(\n  process.env.DATABASE_URL)', { line: 2, column: 3 }],
    ['by a string key', "f(import.meta.env['DATABASE_URL'])", { line: 1, column: 3 }],
    ['by destructuring', 'const { A, DATABASE_URL: url } = process.env', { line: 1, column: 12 }],
  ])('%s', async (_, code, place) => {
    expect((await inline(code)).reads).toEqual([{ name: 'DATABASE_URL', ...place }])
  })
})

test('the source map leads back to the original position', async () => {
  const code = 'const a = 1\nconst b = import.meta.env.A + later\n'
  const { code: made = '', replacements } = await inline(code)
  const map = sourceMapOf(code, '/app/file.ts', replacements)
  const column = made.split('\n')[1]?.indexOf('later') ?? -1
  const position = originalPositionFor(new TraceMap(JSON.stringify(map)), { line: 2, column })
  expect(position).toMatchObject({ source: '/app/file.ts', line: 2, column: code.split('\n')[1]?.indexOf('later') })
})
