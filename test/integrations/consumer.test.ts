import { describe, expect, test } from 'vitest'
import { consumerOfPlatform, consumerOfTarget, consumerOfTargetEnv } from '../../integrations/consumer.ts'

describe('the code that webpack builds for the target', () => {
  test.each([
    ['node', 'server'],
    ['async-node18.4', 'server'],
    [['node', 'es2022'], 'server'],
    ['electron28-main', 'server'],
    ['web', 'client'],
    [['web', 'node'], 'client'],
    ['node-webkit', 'client'],
    ['electron-renderer', 'client'],
    [['es2022'], 'client'],
    ['browserslist', 'client'],
    [false, 'client'],
    [undefined, 'client'],
  ])('%j is %s code', (target, consumer) => {
    expect(consumerOfTarget(target)).toBe(consumer)
  })
})

test('code that is neither for a browser nor for Node counts as client code', () => {
  expect([consumerOfPlatform('neutral'), consumerOfPlatform(undefined), consumerOfTargetEnv('library')]).toEqual([
    'client',
    'client',
    'client',
  ])
})
