import { chmodSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { browserFor, openerOf } from '../../src/cli/open-browser.ts'
import { makeProject } from '../support/temp-project.ts'

const OPENER = { 'xdg-open': '#!/bin/sh\necho "$1" >"$(dirname "$0")/opened"\n' }

test.each<[string, Readonly<Record<string, string>>, string | undefined]>([
  ['darwin', {}, '/usr/bin/open'],
  ['win32', { SystemRoot: 'D:\\Windows' }, 'D:\\Windows\\System32\\rundll32.exe url.dll,FileProtocolHandler'],
  ['win32', {}, 'C:\\Windows\\System32\\rundll32.exe url.dll,FileProtocolHandler'],
  ['linux', { DISPLAY: ':0' }, 'xdg-open'],
  ['linux', { WAYLAND_DISPLAY: 'wayland-0' }, 'xdg-open'],
  ['linux', {}, undefined],
  ['darwin', { SSH_CONNECTION: 'x' }, undefined],
  ['win32', { SSH_TTY: 'x' }, undefined],
  ['darwin', { CI: 'true' }, undefined],
])('on %s with %j a URL is opened by %s', (platform, env, expected) => {
  const opener = openerOf(platform, env)
  expect(opener && [opener.command, ...opener.args].join(' ')).toBe(expected)
})

test.runIf(process.platform === 'linux')('a program in the working directory is never used to open a URL', async () => {
  const [here, there] = [makeProject(OPENER), makeProject(OPENER)]
  for (const directory of [here, there]) chmodSync(join(directory, 'xdg-open'), 0o755)
  const back = process.cwd()
  process.chdir(here)
  vi.stubEnv('PATH', `.:${process.env.PATH}`)
  try {
    await browserFor('linux', { DISPLAY: ':0', PATH: process.env.PATH })?.('http://127.0.0.1/')
    await browserFor('linux', { DISPLAY: ':0', PATH: `${there}:${process.env.PATH}` })?.('http://127.0.0.1/')
    await expect.poll(() => existsSync(join(there, 'opened'))).toBe(true)
    expect(existsSync(join(here, 'opened'))).toBe(false)
  } finally {
    vi.unstubAllEnvs()
    process.chdir(back)
  }
})
