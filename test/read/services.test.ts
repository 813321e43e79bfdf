import { describe, expect, test } from 'vitest'
import { isConfigError, type LoadOptions, loadConfigSync } from '../../src/index.ts'
import { LIMITS } from '../../src/read/guard.ts'
import { type Files, makeProject } from '../support/temp-project.ts'

function load(files: Files, options: Pick<LoadOptions, 'services'> = {}) {
  try {
    const { config, layers } = loadConfigSync({
      cwd: makeProject({ '.systemprompt/': '', ...files }),
      env: {},
      ...options,
    })
    return { services: config.services, files: layers.find(({ name }) => name === 'services')?.files, issues: [] }
  } catch (error) {
    if (!isConfigError(error)) throw error
    return { services: undefined, files: undefined, issues: error.issues }
  }
}

/** `services/config/config.yaml` and files next to it. */
const ROOT = 'services/config/config.yaml'

describe('includes', () => {
  test.each<[string, string]>([
    ['a map', '{a: b}'],
    ['a list with a number in it', '[1]'],
    ['a list in a list', '[[../a/config.yaml]]'],
    ['an empty path', '[""]'],
    ['true', 'true'],
  ])('%s is an error with a remedy', (_, includes) => {
    expect(load({ [ROOT]: `b: 1\nincludes: ${includes}\n` }).issues).toMatchObject([
      {
        code: 'INVALID_VALUE',
        key: 'includes',
        file: ROOT,
        line: 2,
        remedy: 'write one path per line: - ../ai/config.yaml',
      },
    ])
  })
  test.each(['', 'null', '[]'])('%j means no includes', (includes) => {
    expect(load({ [ROOT]: `b: {c: 1}\nincludes: ${includes}\n` }).services).toEqual({ b: { c: 1 } })
  })
  test('a single path may be a string', () => {
    expect(load({ [ROOT]: 'includes: ../ai/config.yaml\n', 'services/ai/config.yaml': 'model: m' }).services).toEqual({
      ai: { model: 'm' },
    })
  })
  test('a service that is not requested is left out, even if an include brings it', () => {
    const files = { [ROOT]: 'includes: [../ai/config.yaml]\nweb: {a: 1}\n', 'services/ai/config.yaml': 'model: m' }
    expect(load(files, { services: ['ai'] }).services).toEqual({ ai: { model: 'm' } })
  })
  test('a file in a subdirectory of a service is merged into the file that includes it', () => {
    const files = { [ROOT]: 'includes: [../ai/more/config.yaml]\n', 'services/ai/more/config.yaml': 'model: {a: 1}' }
    expect(load(files).services).toEqual({ model: { a: 1 } })
  })
  test('the name of a directory may begin with two dots', () => {
    const files = { [ROOT]: 'includes: [../..old/a.yaml]\n', 'services/..old/a.yaml': 'a: {b: 1}' }
    expect(load(files).services).toEqual({ a: { b: 1 } })
  })
  test('a path outside is refused without telling whether it exists', () => {
    const { issues } = load({ [ROOT]: 'includes: [../../nowhere.yaml]\n' })
    expect(issues).toMatchObject([{ code: 'INCLUDE_OUTSIDE' }])
  })
  test('a cycle is shown without the includes that lead to it', () => {
    const { issues } = load({ [ROOT]: 'includes: [a.yaml]\n', 'services/config/a.yaml': 'includes: [a.yaml]\n' })
    const a = 'services/config/a.yaml'
    expect(issues).toMatchObject([{ code: 'INCLUDE_CYCLE', message: `includes itself: ${a} → ${a}` }])
  })
  test('every invalid include is reported', () => {
    const { issues } = load({
      [ROOT]: 'includes:\n  - 1\n  - ../nope/config.yaml\n  - ../../outside.yaml\n  - ./config.yaml\n',
      'outside.yaml': '',
    })
    expect(issues.map(({ code, line }) => [code, line])).toEqual([
      ['INVALID_VALUE', 2],
      ['INCLUDE_MISSING', 3],
      ['INCLUDE_OUTSIDE', 4],
      ['INCLUDE_CYCLE', 5],
    ])
  })
})

test('a service that wraps some of its keys in its name keeps the others', () => {
  const files = { 'services/ai/config.yaml': 'ai: {model: m}\nretries: 3\n' }
  expect(load(files).services).toEqual({ ai: { model: 'm', retries: 3 } })
})

describe('limits', () => {
  const numbered = (count: number, content: (index: number) => string, name: (index: number) => string): Files =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [name(index), content(index)]))

  test(`${LIMITS.files} files are read, one more is an error`, () => {
    const files = (count: number) =>
      numbered(
        count,
        (index) => `value: ${index}`,
        (index) => `services/s${index}/config.yaml`,
      )
    expect(load(files(LIMITS.files)).files).toHaveLength(LIMITS.files)
    expect(load(files(LIMITS.files + 1)).issues).toMatchObject([{ code: 'LIMIT_EXCEEDED' }])
  })
  test(`${LIMITS.includeLevels} levels of includes are followed, one more is an error`, () => {
    const chain = (levels: number): Files => ({
      [ROOT]: 'includes: ["1.yaml"]\n',
      ...numbered(
        levels,
        (index) => (index + 1 < levels ? `includes: ["${index + 2}.yaml"]\n` : 'end: {reached: true}\n'),
        (index) => `services/config/${index + 1}.yaml`,
      ),
    })
    expect(load(chain(LIMITS.includeLevels)).services).toEqual({ end: { reached: true } })
    expect(load(chain(LIMITS.includeLevels + 1)).issues).toMatchObject([{ code: 'LIMIT_EXCEEDED', key: 'includes' }])
  })
  test('a file that several others include is not a cycle', () => {
    const files: Files = {
      [ROOT]: 'includes: [a.yaml, b.yaml]\n',
      'services/config/a.yaml': 'includes: [c.yaml]\na: {x: 1}\n',
      'services/config/b.yaml': 'includes: [c.yaml]\nb: {x: 2}\n',
      'services/config/c.yaml': 'c: {x: 3}\n',
    }
    expect(load(files).services).toEqual({ a: { x: 1 }, b: { x: 2 }, c: { x: 3 } })
  })
})
