import { expect, test } from 'vitest'
import { confidentialFilesOf } from '../../integrations/public-env.ts'
import { loadConfigSync } from '../../src/index.ts'
import { makeProject } from '../support/temp-project.ts'

test('a file with secrets that no longer exists is still confidential', () => {
  const { explain, secrets } = loadConfigSync({ cwd: makeProject({}), env: {}, strict: false })
  const layers = [{ name: 'dotenv', files: ['gone'] }] as const
  expect(confidentialFilesOf({ root: '/nowhere', layers, secrets, explain })).toEqual(['/nowhere/gone'])
})
