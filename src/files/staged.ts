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
/**
 * The mode of a link, whose content is a path, is included; that of a submodule, which is another repository's commit,
 * is not, nor is that of a deleted file.
 */
const FILE_MODES = ['100644', '100755', '120000']

/**
 * The files whose content the next commit adds or changes, with their object ids. Undefined if git fails: there is no
 * repository, or no git. Git gets its own environment variables: in a hook they name the repository, and the index that
 * is being committed, which is a separate one for `git commit -a` and for a commit of some files.
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
    const [, mode = '', , object = ''] = header.split(' ')
    const path = fields[index + 1]
    // Headers and paths take turns.
    if (index % 2 === 1 || path === undefined) return []
    return FILE_MODES.includes(mode) ? [{ path, object }] : []
  })
}

/**
 * Git treats a missing index as empty. A hook's index path is relative, and does not resolve in a repository inside
 * another.
 */
function withoutLostIndex(cwd: string, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { GIT_INDEX_FILE: index, ...others } = env
  if (!index) return others
  // Relative to the top of the working tree, wherever git runs.
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
 * Passes on the content of staged files, one after another and in pieces, without the repository's filters and
 * conversions. Returns whether all of them were read.
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
  // Git may exit before it has read its input.
  child.stdin.on('error', () => undefined)
  child.stdin.end(files.map(({ object }) => `${object}\n`).join(''))
  const batch = new Batch(files, take)
  for await (const chunk of child.stdout) batch.push(chunk as Buffer)
  return (await ended) && batch.isComplete
}

/** A program that does not exist, so that starting it fails. */
const NOWHERE = '/nowhere/git'

/** A hash, a type and a size. */
const MAX_HEADER_LENGTH = 200

/** The output of `git cat-file --batch`: for each object a line with the size, that many bytes, and a line end. */
class Batch {
  readonly #files: readonly StagedFile[]
  readonly #take: (file: StagedFile, piece: Uint8Array) => void
  #current = 0
  #header = ''
  /** Bytes of content still to come, plus the line end after it; undefined while a header is read. */
  #left: number | undefined

  constructor(files: readonly StagedFile[], take: (file: StagedFile, piece: Uint8Array) => void) {
    this.#files = files
    this.#take = take
  }

  get isComplete(): boolean {
    return this.#current === this.#files.length
  }

  push(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length) at = this.#left === undefined ? this.#readHeader(chunk, at) : this.#readContent(chunk, at)
  }

  #readHeader(chunk: Buffer, at: number): number {
    const end = chunk.indexOf(0x0a, at)
    if (this.#header.length > MAX_HEADER_LENGTH) return chunk.length
    this.#header += chunk.toString('latin1', at, end === -1 ? chunk.length : end)
    if (end === -1) return chunk.length
    const size = /^[0-9a-f]+ blob (\d+)$/.exec(this.#header)?.[1]
    // `missing`: the header is kept, so the batch stays incomplete.
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
    const isEnd = left - length === 1 && at + length < chunk.length
    this.#left = isEnd ? undefined : left - length
    if (isEnd) this.#current++
    return at + length + (isEnd ? 1 : 0)
  }
}
