import { statSync } from 'node:fs'
import { posix, win32 } from 'node:path'

interface System {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly platform: string
}

/**
 * The path of a program, found through the absolute directories in PATH only; undefined if there is none. Windows would
 * look in the working directory first, and so would a PATH with an empty entry or a dot: a program there may be
 * somebody else's.
 */
export function findProgram(name: string, { env, platform }: System = process): string | undefined {
  const isWindows = platform === 'win32'
  const path = isWindows ? win32 : posix
  const given = Object.entries(env).find(([key]) => key === 'PATH' || (isWindows && key.toUpperCase() === 'PATH'))?.[1]
  const file = isWindows ? `${name}.exe` : name
  return (given ?? '')
    .split(path.delimiter)
    .map((directory) => directory.replace(/^"(.*)"$/, '$1'))
    .filter((directory) => path.isAbsolute(directory))
    .map((directory) => path.join(directory, file))
    .find((candidate) => isProgram(candidate, isWindows))
}

function isProgram(file: string, isWindows: boolean): boolean {
  try {
    const stat = statSync(file)
    return stat.isFile() && (isWindows || (stat.mode & 0o111) !== 0)
  } catch {
    return false
  }
}
