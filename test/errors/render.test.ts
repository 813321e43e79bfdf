import { describe, expect, test } from 'vitest'
import { ConfigError, type Problem } from '../../src/errors/errors.ts'

const problems = (count: number): readonly Problem[] =>
  Array.from({ length: count }, (_, index) => ({
    code: 'INVALID_VALUE',
    message: 'is not text',
    key: `key_${index + 1}`,
    docs: 'docs/errors.md#invalid_value',
  }))

describe('the message of an error', () => {
  test('shows all of a hundred problems', () => {
    const { message } = new ConfigError(problems(100))
    expect(message).toMatch(/^The configuration is not valid: 100 problems\n/)
    expect(message).toMatch(/ {2}key_100 {2}is not text\n\nMore: /)
    expect(message).not.toContain('…')
  })
  test('with more problems says how many there are, and where all of them are', () => {
    const error = new ConfigError(problems(3000))
    expect(error.message).toMatch(/^The configuration is not valid: 3000 problems\n/)
    expect(error.message).toMatch(
      / {2}key_100 {2}is not text\n {2}… and 2900 more; error\.issues has them all, and on the command line --json\n\nMore: /,
    )
    expect(error.message).not.toContain('key_101')
    expect(error.issues).toHaveLength(3000)
    expect(error.toJSON().issues).toHaveLength(3000)
  })
})
