import { createHash } from 'node:crypto'
import {
  chmodSync,
  cpSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'

/** What a fixture contains besides the user's files. */
const EXPECTATIONS = new Set(['case.json', 'expected.json', 'expected-error.json'])

export interface CopyOptions {
  /** `{ '.systemprompt/profiles/local/secrets.json': '0644' }`; any other .json file is 0600, as secrets should be. */
  readonly modes?: Readonly<Record<string, string>>
  /** Nobody may write, as on an image's file system. */
  readonly readOnly?: boolean
}

/** A copy of a fixture in a temporary directory, since git keeps no modes and a load could write. Returns its path. */
export function copyProject(fixture: string, { modes = {}, readOnly = false }: CopyOptions): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'systemprompt-case-')))
  cpSync(fixture, root, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => !EXPECTATIONS.has(basename(path)) || join(fixture, basename(path)) !== path,
  })
  for (const path of filesBelow(root).filter((file) => file.endsWith('.json'))) chmodSync(path, 0o600)
  for (const [path, mode] of Object.entries(modes)) chmodSync(join(root, path), Number.parseInt(mode, 8))
  if (readOnly) for (const path of [...entriesBelow(root), root]) chmodIfOwn(path, (mode) => mode & 0o555)
  return root
}

export function removeProject(root: string): void {
  for (const path of [root, ...entriesBelow(root)]) chmodIfOwn(path, (mode) => mode | 0o700)
  rmSync(root, { recursive: true, force: true })
}

/**
 * Every file, directory and link with its mode, time and content: equal before and after a load that changed nothing.
 */
export function snapshot(root: string): readonly string[] {
  return [root, ...entriesBelow(root)].map((path) => {
    const stat = lstatSync(path)
    const content = stat.isFile()
      ? createHash('sha256').update(readFileSync(path)).digest('hex')
      : stat.isSymbolicLink()
        ? readlinkSync(path)
        : 'directory'
    return `${path} ${stat.mode.toString(8)} ${stat.mtimeMs} ${content}`
  })
}

function filesBelow(root: string): string[] {
  return entriesBelow(root).filter((path) => lstatSync(path).isFile())
}

/** Directories before their contents. */
function entriesBelow(root: string): string[] {
  return readdirSync(root, { withFileTypes: true })
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(root, entry.name)
      return entry.isDirectory() ? [path, ...entriesBelow(path)] : [path]
    })
}

/** A link has no mode of its own. */
function chmodIfOwn(path: string, change: (mode: number) => number): void {
  const stat = lstatSync(path)
  if (!stat.isSymbolicLink()) chmodSync(path, change(stat.mode & 0o777))
}
