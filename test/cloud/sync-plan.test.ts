import { describe, expect, test } from 'vitest'
import {
  customList,
  type PlanOptions,
  planSync,
  type SyncRecord,
  toCloudSecrets,
} from '../../src/cloud/for-commands.ts'

/** A record in which all of these were sent. */
const sent = (values: Readonly<Record<string, string>>): SyncRecord => ({
  isSent: (name, value) => values[name] === value,
  has: (name) => Object.hasOwn(values, name),
})

function plan(
  file: Readonly<Record<string, string>>,
  cloud: readonly string[],
  options: Partial<PlanOptions> & { readonly record?: SyncRecord } = {},
) {
  const secrets = toCloudSecrets(Object.entries(file).map(([env, value]) => ({ env, value })))
  return planSync(secrets, cloud, options.record ?? sent({}), { prune: false, all: false, ...options })
}

describe('the list of custom secrets', () => {
  test('has only names that are neither documented, nor system-managed, nor sent by earlier tools', () => {
    const names = ['STRIPE_KEY', 'ANTHROPIC_API_KEY', 'FLY_APP_NAME', 'MOONSHOT', 'SYSTEMPROMPT_LOG_LEVEL', 'A_KEY']
    expect(customList(names)).toBe('A_KEY,STRIPE_KEY')
  })
})

describe('the plan of a sync', () => {
  test('adds again only what was removed from the cloud since it was sent', () => {
    const record = sent({ JWT_SECRET: 'x'.repeat(32), DATABASE_URL: 'postgres://a' })
    const { added, unchanged, changed, send } = plan(
      { JWT_SECRET: 'x'.repeat(32), DATABASE_URL: 'postgres://a' },
      ['DATABASE_URL'],
      { record },
    )
    expect({ added, unchanged, changed }).toEqual({ added: ['JWT_SECRET'], unchanged: ['DATABASE_URL'], changed: [] })
    expect(Object.keys(send)).toEqual(['JWT_SECRET'])
  })

  test('tells secrets that were changed here from those that were never sent from here', () => {
    const file = { DATABASE_URL: 'postgres://b', JWT_SECRET: 'x'.repeat(32), A_KEY: 'a' }
    const cloud = ['A_KEY', 'DATABASE_URL', 'JWT_SECRET', 'SYSTEMPROMPT_CUSTOM_SECRETS']
    const { changed, neverSent } = plan(file, cloud, { record: sent({ DATABASE_URL: 'postgres://a' }) })
    expect([changed, neverSent]).toEqual([cloud, ['A_KEY', 'JWT_SECRET']])
  })

  test('prunes neither what earlier tools sent, which cleanup removes, nor system-managed names', () => {
    const cloud = ['OLD_KEY', 'MOONSHOT', 'GITHUB', 'FLY_APP_NAME', 'SYSTEMPROMPT_CUSTOM_SECRETS', 'JWT_SECRET']
    const { remove, onlyInCloud } = plan({ JWT_SECRET: 'x'.repeat(32) }, cloud, { prune: true })
    expect(remove).toEqual(['OLD_KEY', 'SYSTEMPROMPT_CUSTOM_SECRETS'])
    expect(onlyInCloud).toEqual(['GITHUB', 'MOONSHOT', 'OLD_KEY'])
  })

  test('does not remove a list of custom secrets that does not exist', () => {
    expect(plan({ JWT_SECRET: 'x'.repeat(32) }, ['JWT_SECRET']).remove).toEqual([])
  })
})
