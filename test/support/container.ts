import { spawn } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, posix } from 'node:path'
import { afterFile } from './after-file.ts'
import type { Ended } from './installed.ts'

/**
 * Carries out a Dockerfile in folders, for machines without a container engine: `FROM` is an empty folder instead of an
 * image with Node, and this Node runs the program. Files, variables, users and modes are as in a container.
 */
export interface Image {
  /** The folder that stands for `/`. */
  readonly root: string
  readonly workdir: string
  readonly env: Readonly<Record<string, string>>
  readonly user: number
  readonly command: readonly string[]
}

export interface Mount {
  /** An absolute path in the container. */
  readonly at: string
  /** Files by name, or the folder or file that is mounted. */
  readonly from: string | Readonly<Record<string, string>>
  readonly mode?: number
}

interface Stage {
  readonly root: string
  workdir: string
  env: Record<string, string>
  user: number
  command: readonly string[]
}

const made: string[] = []

afterFile(() => {
  for (const folder of made.splice(0)) {
    for (const name of ['.', ...readdirSync(folder, { recursive: true, encoding: 'utf8' })]) {
      const path = join(folder, name)
      if (lstatSync(path).isDirectory()) chmodSync(path, 0o755)
    }
    rmSync(folder, { recursive: true, force: true })
  }
})

/** @param install carries out an `npm` command in a folder */
export function buildImage(context: string, install: (folder: string, args: readonly string[]) => void): Image {
  const stages = new Map<string, Stage>()
  let stage: Stage | undefined
  for (const [word, rest] of instructionsOf(readFileSync(join(context, 'Dockerfile'), 'utf8'))) {
    if (word === 'FROM') {
      const [, name = `${stages.size}`] = /^node:[\w.-]+(?: AS (\w+))?$/.exec(rest) ?? refuse(`FROM ${rest}`)
      stage = { root: newFolder(), workdir: '/', env: {}, user: 0, command: [] }
      stages.set(name, stage)
      continue
    }
    if (!stage) return refuse(`${word} before FROM`)
    const here = join(stage.root, stage.workdir)
    if (word === 'WORKDIR') {
      stage.workdir = posix.resolve(stage.workdir, rest)
      mkdirSync(join(stage.root, stage.workdir), { recursive: true })
    } else if (word === 'ENV') Object.assign(stage.env, Object.fromEntries([rest.split('=')]))
    else if (word === 'USER') stage.user = Number(/^(\d+)(?::\d+)?$/.exec(rest)?.[1] ?? refuse(`USER ${rest}`))
    else if (word === 'CMD') stage.command = JSON.parse(rest) as string[]
    else if (word === 'RUN') {
      const [, args = ''] = /^npm (.+)$/.exec(rest) ?? refuse(`RUN ${rest}`)
      install(here, args.split(' '))
    } else if (word === 'COPY') {
      const [, name, paths = ''] = /^(?:--from=(\w+) )?(.+)$/.exec(rest) ?? []
      const source = name === undefined ? context : (stages.get(name)?.root ?? refuse(`COPY ${rest}`))
      copy(source, paths.split(' '), here, name === undefined ? ignoredIn(context) : () => false)
    } else refuse(word)
  }
  return stage ?? refuse('a Dockerfile without FROM')
}

/** All paths of an image, relative to its root. */
export function filesOf({ root }: Image): readonly string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
}

/** Starts the image's program, and stops it as an engine does once it has printed something. */
export function runImage(
  built: Image,
  own: Readonly<Record<string, string>>,
  mounts: readonly Mount[],
): Promise<Ended> {
  const isRoot = process.getuid?.() === 0
  const image = { ...built, root: newFolder() }
  cpSync(built.root, image.root, { recursive: true, verbatimSymlinks: true })
  for (const mount of mounts) place(mount, image, isRoot)
  const env = Object.fromEntries(
    Object.entries({ ...image.env, ...own }).map(([name, value]) => [name, inside(value, mounts, image)]),
  )
  makeReadOnly(image.root)
  const [name = '', ...args] = image.command
  if (name !== 'node') refuse(`CMD ${name}`)
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: join(image.root, image.workdir),
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(isRoot ? { uid: image.user, gid: image.user } : {}),
    })
    let [out, err] = ['', '']
    child.stdout.on('data', (data: Buffer) => {
      out += data.toString()
      if (out.endsWith('\n')) child.kill('SIGTERM')
    })
    child.stderr.on('data', (data: Buffer) => {
      err += data.toString()
    })
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code: signal ?? code, out, err }))
  })
}

function instructionsOf(text: string): readonly (readonly [word: string, rest: string])[] {
  const lines = text.replace(/\\\n\s*/g, '').split('\n')
  return lines
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1).trim()])
}

function copy(source: string, paths: readonly string[], here: string, isIgnored: (path: string) => boolean): void {
  const to = paths.at(-1) ?? refuse('COPY')
  for (const path of paths.slice(0, -1)) {
    const from = join(source, path)
    const isFolder = statSync(from).isDirectory()
    const target = isFolder || !to.endsWith('/') ? join(here, to) : join(here, to, basename(path))
    cpSync(from, target, { recursive: true, filter: (path) => !isIgnored(path.slice(source.length + 1)) })
  }
}

/** `.dockerignore` without its exceptions. */
function ignoredIn(context: string): (path: string) => boolean {
  const lines = readFileSync(join(context, '.dockerignore'), 'utf8').split('\n')
  const patterns = lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      if (line.startsWith('!')) return refuse(line)
      const parts = line.replace(/[.]/g, '\\.').split('**/')
      return new RegExp(`^${parts.map((part) => part.replaceAll('*', '[^/]*')).join('(?:.*/)?')}(?:/|$)`)
    })
  return (path) => patterns.some((pattern) => pattern.test(path))
}

/** As Kubernetes does it: the files are in a folder of their own, and links point there. */
function place({ at, from, mode = 0o644 }: Mount, image: Image, isRoot: boolean): void {
  const target = join(image.root, at)
  mkdirSync(join(target, typeof from === 'string' ? '..' : '.'), { recursive: true })
  if (typeof from === 'string') cpSync(from, target, { recursive: true })
  else writeVolume(target, from, mode)
  const files = [
    target,
    ...readdirSync(target, { recursive: true, encoding: 'utf8' }).map((name) => join(target, name)),
  ]
  for (const file of files) if (isRoot) lchownSync(file, 0, image.user)
}

function writeVolume(target: string, files: Readonly<Record<string, string>>, mode: number): void {
  const data = join(target, '..2026_01_30_10_00_00.1')
  mkdirSync(data)
  symlinkSync(basename(data), join(target, '..data'))
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(data, name), text)
    chmodSync(join(data, name), mode)
    symlinkSync(join('..data', name), join(target, name))
  }
}

/** A path that something is mounted at, as a path on this machine. */
function inside(value: string, mounts: readonly Mount[], { root }: Image): string {
  return mounts.some(({ at }) => value === at || value.startsWith(`${at}/`)) ? join(root, value) : value
}

function makeReadOnly(root: string): void {
  for (const name of ['.', ...readdirSync(root, { recursive: true, encoding: 'utf8' })]) {
    const path = join(root, name)
    if (!lstatSync(path).isSymbolicLink()) chmodSync(path, statSync(path).mode & 0o555)
  }
}

function newFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'systemprompt-image-')))
  made.push(folder)
  chmodSync(folder, 0o755)
  return folder
}

function refuse(what: string): never {
  throw new Error(`this test does not know ${what}`)
}
