import { expect, test } from 'vitest'
import { openerOf } from '../../src/cli/open-browser.ts'

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
