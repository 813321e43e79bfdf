import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findEmulatorDirectory, startEmulator } from '../../src/emulator/index.ts'
import { COMPLETE, makeProject, PROFILE } from '../support/temp-project.ts'

test('the state is in the project, from any of its directories and for a profile that is given by its path', () => {
  const root = makeProject(COMPLETE)
  const deep = join(root, 'packages/web/src')
  mkdirSync(deep, { recursive: true })
  const state = join(root, '.systemprompt/emulator')
  expect(findEmulatorDirectory({ cwd: deep, env: {} })).toBe(state)
  expect(findEmulatorDirectory({ cwd: makeProject(), env: { SYSTEMPROMPT_PROFILE: join(root, PROFILE) } })).toBe(state)
})

test('without a project the state is in the working directory, and is created when an emulator needs it', async () => {
  const cwd = makeProject()
  const directory = findEmulatorDirectory({ cwd, env: {} })
  expect(directory).toBe(join(cwd, '.systemprompt/emulator'))
  const first = await startEmulator({ directory })
  const token = first.token()
  await first.close()
  const second = await startEmulator({ directory })
  const answer = await fetch(`${second.url}/api/v1/auth/me`, { headers: { authorization: `Bearer ${token}` } })
  await second.close()
  expect(answer.status).toBe(200)
})
