import { chmodSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { browserFor, openerOf } from '../../src/cli/open-browser.ts'
import { makeProject } from '../support/temp-project.ts'

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
])('on %s with %j an address is opened by %s', (platform, env, expected) => {
  const opener = openerOf(platform, env)
  expect(opener && [opener.command, ...opener.args].join(' ')).toBe(expected)
})

test.runIf(process.platform === 'linux')('a program of the working directory opens none', async () => {
  const here = makeProject({ 'xdg-open': '#!/bin/sh\necho "$1" >opened\n' })
  chmodSync(join(here, 'xdg-open'), 0o755)
  const back = process.cwd()
  process.chdir(here)
  vi.stubEnv('PATH', `.:${process.env.PATH}`)
  try {
    await browserFor('linux', { DISPLAY: ':0', PATH: process.env.PATH })?.('http://127.0.0.1/')
    await wait(300)
    expect(existsSync(join(here, 'opened'))).toBe(false)
    await browserFor('linux', { DISPLAY: ':0', PATH: `${here}:${process.env.PATH}` })?.('http://127.0.0.1/')
    await vi.waitFor(() => expect(existsSync(join(here, 'opened'))).toBe(true), 5_000)
  } finally {
    vi.unstubAllEnvs()
    process.chdir(back)
  }
})
