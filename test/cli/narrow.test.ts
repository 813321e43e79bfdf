import { beforeAll, describe, expect, test } from 'vitest'
import type { Emulator } from '../../src/emulator/index.ts'
import { makeProject } from '../support/temp-project.ts'
import { cli, cloudProject, emulated } from './cloud-project.ts'

/** On a narrow terminal the rows of a table can still be told apart, and no line is wider than it. */
describe.each([40, 80, 120])('on %i columns', (columns) => {
  let emulator: Emulator
  let cwd = ''
  beforeAll(async () => {
    emulator = await emulated()
    cwd = cloudProject(emulator)
    await cli(cwd, 'cloud secrets set STRIPE_KEY=x A_RATHER_LONG_NAME_OF_A_SECRET_THAT_FILLS_LINES=y')
  })

  const widest = (text: string): number => Math.max(...text.split('\n').map((line) => [...line].length))

  test('cloud tenant list shows whole ids', async () => {
    const { out } = await cli(cwd, 'cloud tenant list', { columns })
    expect([out.includes('tenant_demo '), out.includes('tenant_staging '), widest(out) <= columns]).toEqual([
      true,
      true,
      true,
    ])
  })

  test('cloud secrets sync shows whole states', async () => {
    const { out } = await cli(cwd, 'cloud secrets sync --prune -n', { columns })
    for (const state of ['new', 'to be removed']) expect(out).toMatch(new RegExp(`  ${state}$`, 'm'))
    const table = out.slice(out.indexOf('secret '), out.indexOf('Would send'))
    expect([table.includes('…'), widest(table) <= columns]).toEqual([columns === 40, true])
  })

  test('cloud secrets audit shows whole times and actions', async () => {
    const { out } = await cli(cwd, 'cloud secrets audit', { columns })
    expect(out).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ {2}(?:dev@example\.com {2})?set +(?:STRIPE_|A_RATHER)/m)
    expect(widest(out)).toBeLessThanOrEqual(columns)
  })

  test('init shows the ends of file names', async () => {
    const { out } = await cli(makeProject(), 'init -n', { columns })
    for (const end of ['/.gitignore', '/profile.yaml', '/secrets.json', 'config/config.yaml'])
      expect(out).toContain(`${end} `)
    expect(widest(out.slice(out.indexOf('file ')))).toBeLessThanOrEqual(columns)
  })
})
