import { spawnSync } from 'node:child_process'

/** The path of Python itself: a version manager's python3 is a script that takes several times as long. */
const python = spawnSync('python3', ['-c', 'import pty, sys; print(sys.executable)'], { encoding: 'utf8' })

/** Whether tests can have a terminal. */
export const hasTerminals = python.status === 0

export interface TypedInto {
  readonly argv: readonly string[]
  readonly typed: string
  /** The number of a signal to send instead of typing. */
  readonly signal?: number
  /** What the program prints when it is ready. */
  readonly at: string
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
}

const SCRIPT = `
import json, os, pty, sys
argv, typed, at, signal = json.loads(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
pid, fd = pty.fork()
if pid == 0:
    os.execvp(argv[0], argv)
out, sent = b'', False
while True:
    try:
        data = os.read(fd, 4096)
    except OSError:
        break
    if not data:
        break
    out += data
    if not sent and at.encode() in out:
        sent = True
        if signal:
            os.kill(pid, signal)
        else:
            os.write(fd, typed.encode('latin1'))
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
print(out.decode('utf-8', 'replace') + 'code %d' % status)
`

/**
 * Runs a command line on its own terminal, 0 columns wide as one is with nobody in front of it, types into it when the
 * program is ready, and returns the result.
 */
export function typedInto({ argv, typed, signal = 0, at, cwd, env }: TypedInto): string {
  const { stdout } = spawnSync(python.stdout.trim(), ['-c', SCRIPT, JSON.stringify(argv), typed, at, String(signal)], {
    cwd,
    env: { PYTHONIOENCODING: 'utf8', ...env },
    encoding: 'utf8',
    // Only for what hangs: a slow machine must not fail.
    timeout: 60_000,
  })
  return stdout
}
