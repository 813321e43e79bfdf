import { spawn, spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { pathExists } from '../read/guard.ts'
import { findProgram } from './find-program.ts'
import { SAFE, VARIABLES } from './git.ts'

/** A file as git is about to commit it. */
export interface StagedFile {
  /** Relative to the repository's root. */
  readonly path: string
  readonly object: string
}

const FLAGS = [...SAFE, '--no-replace-objects']
/** Links hold a path, and submodules another repository's commit. */
const FILE_MODES = ['100644', '100755', '120000']

/**
 * The files whose content the next commit changes or adds, and where they are. Undefined where git says nothing:
 * there is no repository, or no git. The environment is git's own: in a hook it names the repository, and the index
 * of what is committed, which is another one for `git commit -a` and for a part of the files.
 */
export function stagedFiles(cwd: string): readonly StagedFile[] | undefined {
  const head = git(cwd, ['rev-parse', '--verify', '--quiet', 'HEAD^{tree}'])?.trim()
  const base = head || git(cwd, ['hash-object', '-t', 'tree', '--stdin'])?.trim()
  if (!base) return undefined
  const raw = git(
    cwd,
    ['diff-index', '--cached', '--raw', '-z', '--no-renames', '--no-abbrev', '--ignore-submodules', base],
    withoutLostIndex(cwd, environment()),
  )
  if (raw === undefined) return undefined
  const fields = raw.split('\0')
  return fields.flatMap((header, index) => {
    const [, mode = '', , object = '', status = ''] = header.split(' ')
    const path = fields[index + 1]
    if (!header.startsWith(':') || path === undefined) return []
    return status !== 'D' && FILE_MODES.includes(mode) ? [{ path, object }] : []
  })
}

/** To git an index that is not there is an empty one. A hook's is relative, and lost in a repository inside of another. */
function withoutLostIndex(cwd: string, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { GIT_INDEX_FILE: index, ...others } = env
  if (!index) return others
  // From the top of the working tree, wherever git is run.
  const top = git(cwd, ['rev-parse', '--show-toplevel'])?.replace(/\n$/, '')
  return pathExists(resolve(top || cwd, index)) ? env : others
}

function environment({ env }: Pick<NodeJS.Process, 'env'> = process): NodeJS.ProcessEnv {
  return { ...env, ...VARIABLES }
}

function git(cwd: string, args: readonly string[], env = environment()): string | undefined {
  const program = findProgram('git')
  if (program === undefined) return undefined
  const { status, stdout } = spawnSync(program, [...FLAGS, ...args], {
    cwd,
    env,
    encoding: 'utf8',
    input: '',
    timeout: 60_000,
    maxBuffer: 256 * 1024 * 1024,
    windowsHide: true,
  })
  return status === 0 ? stdout : undefined
}

/**
 * Hands over the content of staged files, one after the other and piece by piece: no filter and no conversion of
 * the repository is applied. Returns whether all of them were read.
 */
export async function readStaged(
  cwd: string,
  files: readonly StagedFile[],
  take: (file: StagedFile, piece: Uint8Array) => void,
): Promise<boolean> {
  const child = spawn(findProgram('git') ?? NOWHERE, [...FLAGS, 'cat-file', '--batch'], {
    cwd,
    env: environment(),
    stdio: ['pipe', 'pipe', 'ignore'],
    windowsHide: true,
  })
  const ended = new Promise<boolean>((resolve) => {
    child.on('error', () => resolve(false))
    child.on('close', (code) => resolve(code === 0))
  })
  // Git may end before it has read what it is asked.
  child.stdin.on('error', () => undefined)
  child.stdin.end(files.map(({ object }) => `${object}\n`).join(''))
  const batch = new Batch(files, take)
  for await (const chunk of child.stdout) batch.push(chunk as Buffer)
  return (await ended) && batch.isComplete
}

/** A program that is not there: it does not start. */
const NOWHERE = '/nowhere/git'

/** A hash, a type and a size. */
const LONGEST_HEADER = 200

/** What `git cat-file --batch` answers: a line with the size, so many bytes and a line end, for each object. */
class Batch {
  readonly #files: readonly StagedFile[]
  readonly #take: (file: StagedFile, piece: Uint8Array) => void
  #current = 0
  #header = ''
  /** Bytes of the content that are still to come, and the line end behind it; undefined before the header's end. */
  #left: number | undefined

  constructor(files: readonly StagedFile[], take: (file: StagedFile, piece: Uint8Array) => void) {
    this.#files = files
    this.#take = take
  }

  get isComplete(): boolean {
    return this.#current === this.#files.length && this.#header === ''
  }

  push(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length) at = this.#left === undefined ? this.#readHeader(chunk, at) : this.#readContent(chunk, at)
  }

  #readHeader(chunk: Buffer, at: number): number {
    const end = chunk.indexOf(0x0a, at)
    if (this.#header.length > LONGEST_HEADER) return chunk.length
    this.#header += chunk.toString('latin1', at, end === -1 ? chunk.length : end)
    if (end === -1) return chunk.length
    const size = /^[0-9a-f]+ blob (\d+)$/.exec(this.#header)?.[1]
    // `missing`: it stays the header, and the batch incomplete.
    if (size === undefined) return chunk.length
    this.#header = ''
    this.#left = Number(size) + 1
    return end + 1
  }

  #readContent(chunk: Buffer, at: number): number {
    const left = this.#left ?? 0
    const file = this.#files[this.#current]
    const length = Math.min(left - 1, chunk.length - at)
    if (file && length > 0) this.#take(file, chunk.subarray(at, at + length))
    const isOver = left - length === 1 && at + length < chunk.length
    this.#left = isOver ? undefined : left - length
    if (isOver) this.#current++
    return at + length + (isOver ? 1 : 0)
  }
}
