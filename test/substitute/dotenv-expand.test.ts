import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { type LoadOptions, loadConfigSync } from '../../src/index.ts'

const root = mkdtempSync(join(tmpdir(), 'systemprompt-expand-'))
afterAll(() => rmSync(root, { recursive: true }))

/** The .env values of a project that is nothing but a .env file, without those that the environment already has. */
function envOf(
  text: string,
  env: Record<string, string> = {},
  options: LoadOptions = {},
): Readonly<Record<string, string>> {
  writeFileSync(join(root, '.env'), text)
  return loadConfigSync({ cwd: root, env, ...options }).env
}

describe('references with braces in .env values', () => {
  test.each<[string, string, Record<string, string>, Record<string, string>]>([
    ['one value in another', 'HOST=db\nURL=http://${HOST}/x', {}, { HOST: 'db', URL: 'http://db/x' }],
    ['several in one', 'A=1\nB=2\nC=${A}-${B}${A}', {}, { A: '1', B: '2', C: '1-21' }],
    ['a value defined later', 'C=${A}\nA=1', {}, { A: '1', C: '1' }],
    ['a long chain', 'A=${B}\nB=${C}\nC=${D}\nD=d', {}, { A: 'd', B: 'd', C: 'd', D: 'd' }],
    ['in double quotes', 'A=1\nB="x ${A} y"', {}, { A: '1', B: 'x 1 y' }],
    ['in backticks', 'A=1\nB=`x ${A} y`', {}, { A: '1', B: 'x 1 y' }],
    ['a reference in single quotes is text', "A=1\nB='x ${A} y'", {}, { A: '1', B: 'x ${A} y' }],
    ['a value in single quotes can be used', "A='$x'\nB=${A}", {}, { A: '$x', B: '$x' }],
    ['the environment takes precedence', 'A=file\nB=${A}', { A: 'env' }, { B: 'env' }],
    ['a variable that only the environment has', 'B=${A}', { A: 'env' }, { B: 'env' }],
    ['an empty variable of the environment counts as unset', 'A=file\nB=${A}', { A: '' }, { A: 'file', B: 'file' }],
    ['a value of the environment is not expanded', 'B=${A}', { A: '${C}$D' }, { B: '${C}$D' }],
    ['a default', 'B=${A:-d e}', {}, { B: 'd e' }],
    ['a default that is a URL', 'B="${A:-http://u:p@h:1/x?y=z}"', {}, { B: 'http://u:p@h:1/x?y=z' }],
    ['a default that is not needed', 'A=1\nB=${A:-d}', {}, { A: '1', B: '1' }],
    ['a default in a default', 'B=${A:-${C:-${D:-e}}}', {}, { B: 'e' }],
    ['a default of two references', 'A=1\nB=${X-${A}${Y-2}}', {}, { A: '1', B: '12' }],
    ['an empty value, with and without a colon', 'A=\nB=${A:-d}\nC=${A-d}', {}, { A: '', B: 'd', C: '' }],
    ['an alternative', 'A=1\nB=${A:+yes}\nC=${X:+yes}', {}, { A: '1', B: 'yes', C: '' }],
    ['an alternative to an empty value', 'A=\nB=${A:+yes}\nC=${A+yes}', {}, { A: '', B: '', C: 'yes' }],
    ['a name that refers to itself gets the value above', 'A=1\nA=${A}2\nA=${A}3', {}, { A: '123' }],
    ['escaped', 'A=1\nB=$${A}\nC=\\${A}\nD=$$<A>', {}, { A: '1', B: '${A}', C: '${A}', D: '$<A>' }],
    ['angle brackets', 'A=1\nB=$<A>$<X:-2>', {}, { A: '1', B: '12' }],
    [
      'a dollar without braces is text',
      'A=1\nB=$A\nC=pa$$word\nD=$2b$10$x',
      {},
      { A: '1', B: '$A', C: 'pa$$word', D: '$2b$10$x' },
    ],
    ['a command is text', 'A=$(id)\nB="$(id)"\nC=`$(id)`', {}, { A: '$(id)', B: '$(id)', C: '$(id)' }],
    [
      'what is not a valid reference is left unchanged',
      'A=${}\nB=${ X }\nC=${X Y}\nD=${1}\nE=${X',
      {},
      { A: '${}', B: '${ X }', C: '${X Y}', D: '${1}', E: '${X' },
    ],
    ['JSON as a default', 'A=${X:-{"a":{"b":1}}}', {}, { A: '{"a":{"b":1}}' }],
    ['a dollar at the end', 'H=h:1\nA=/${H}(:[0-9]+)?$/', {}, { H: 'h:1', A: '/h:1(:[0-9]+)?$/' }],
  ])('%s', (_, text, env, expected) => {
    expect(envOf(text, env)).toEqual(expected)
  })
})

describe('bare: true', () => {
  test.each<[string, string, Record<string, string>, Record<string, string>]>([
    ['a name', 'A=1\nB=$A', {}, { A: '1', B: '1' }],
    ['names in a row', 'A=1\nB=2\nC=$A$B${A}', {}, { A: '1', B: '2', C: '121' }],
    ['names in a URL', 'U=u\nP=p\nA=db://$U:$P@h/$U', {}, { U: 'u', P: 'p', A: 'db://u:p@h/u' }],
    ['a name ends before a character that names cannot have', 'A=1\nB=x-$A-y', {}, { A: '1', B: 'x-1-y' }],
    ['operators are text', 'A=1\nB=$A:-d\nC=$A-d', {}, { A: '1', B: '1:-d', C: '1-d' }],
    ['escaped', 'A=1\nB=\\$A\nC=\\$2b\\$10\\$Kxyz', {}, { A: '1', B: '$A', C: '$2b$10$Kxyz' }],
    ['escaped and not, in turn', 'A=1\nB=\\$x$A\\$y${A}', {}, { A: '1', B: '$x1$y1' }],
    ['a name cannot begin with a digit', 'A=a$$12b\nB=$1', {}, { A: 'a$$12b', B: '$1' }],
    ['single quotes', "A=1\nB='$A'", {}, { A: '1', B: '$A' }],
    ['the environment', 'B=$A', { A: 'env' }, { B: 'env' }],
  ])('%s', (_, text, env, expected) => {
    expect(envOf(text, env, { dotenv: { bare: true } })).toEqual(expected)
  })
  test('a name that is not set is empty with onUndefined: empty', () => {
    expect(envOf('A="x$NOPEy"\nB={ p: $NOPE}', {}, { dotenv: { bare: true }, onUndefined: 'empty' })).toEqual({
      A: 'x',
      B: '{ p: }',
    })
  })
})

describe('override: true', () => {
  test('the file takes precedence over the environment, also in references', () => {
    expect(envOf('A=file\nB=${A}', { A: 'env' }, { dotenv: { override: true } })).toEqual({ A: 'file', B: 'file' })
  })
  test('a variable that refers to itself gets the value of the environment', () => {
    expect(envOf('A=${A}:file', { A: 'env' }, { dotenv: { override: true } })).toEqual({ A: 'env:file' })
  })
})
