import { describe, expect, test } from 'vitest'
import { asksForConfidential } from '../../integrations/confidential-path.ts'
import { SPELLINGS } from '../support/confidential-spellings.ts'

describe('a request for a confidential file is known', () => {
  test.each(SPELLINGS)('%s', (url) => {
    expect(asksForConfidential(url)).toBe(true)
  })

  test('when it is encoded more often than anybody does', () => {
    let url = '/.env'
    for (let count = 0; count < 20; count++) url = encodeURIComponent(url)
    expect(asksForConfidential(`/${url}`)).toBe(true)
  })
})

describe('other requests are let through', () => {
  test.each([
    '/',
    '/src/env.js',
    '/src/.envelope.js',
    '/src/my.env.js',
    '/.environment/a.js',
    '/node_modules/@systemprompt/env/dist/index.js',
    '/@id/__x00__@systemprompt/env/public',
    '/systemprompt/a.js',
    '/a%20b.js?x=%2Fy',
    '/100%',
  ])('%s', (url) => {
    expect(asksForConfidential(url)).toBe(false)
  })
})
