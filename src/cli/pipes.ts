import { spawn } from 'node:child_process'
import { closeSync, constants, fstatSync, openSync } from 'node:fs'
import { Socket } from 'node:net'
import { platform } from 'node:os'
import type { Readable } from 'node:stream'

/** Two pipes, as for standard output and standard error. */
export interface Pipes {
  /** Each ends when no process has its pipe open for writing. */
  readonly readers: readonly [Readable, Readable]
  /** Descriptors for a program. */
  readonly writers: readonly [number, number]
  /** To be called when the program has its own. */
  closeWriters(): void
  /** Closes what is still open. */
  close(): void
}

/**
 * A pipeline whose middle part keeps both pipes open, as descriptors that no other command there redirects, prints its
 * process ID, and waits for the end of standard input.
 */
const HOLD_PIPES = `exec 3<&0 4>&1
: | { exec 5<&0 6>&1 <&3 >&4; read -r pid rest </proc/self/stat; echo "$pid"; read -r rest; } | :`
const HELD = [5, 6] as const

/**
 * Creates pipes as in a shell; undefined where that is not possible or, except on Linux, not needed. Node itself creates
 * sockets, which Linux does not let a program open as /dev/stdout, and which report a reset to a program whose reader
 * has gone. So these are the pipes of a pipeline, opened a second time. Named pipes would not do: opening /dev/stdout
 * would wait forever for a reader that has gone, and AppArmor treats them as files, which a program may not be allowed
 * to write.
 *
 * @param shell runs with an empty environment
 */
export async function createPipes(shell = '/bin/sh'): Promise<Pipes | undefined> {
  if (platform() !== 'linux') return undefined
  try {
    const holder = spawn(shell, ['-c', HOLD_PIPES], { cwd: '/', env: {}, stdio: ['pipe', 'pipe', 'ignore'] })
    const pid = await new Promise<string>((resolve, reject) => {
      holder.on('error', reject)
      holder.on('close', reject)
      holder.stdin.on('error', reject)
      holder.stdout.on('data', (line) => resolve(String(line).trim()))
    })
    try {
      return openHeld(pid)
    } finally {
      holder.stdin.end()
    }
  } catch {
    return undefined
  }
}

type Descriptors = readonly [out: number, err: number, toOut: number, toErr: number]

function openHeld(pid: string): Pipes | undefined {
  const { O_RDONLY, O_WRONLY, O_NONBLOCK } = constants
  const opened: number[] = []
  let pipes: Pipes | undefined
  try {
    for (const flags of [O_RDONLY | O_NONBLOCK, O_WRONLY])
      for (const held of HELD) opened.push(openSync(`/proc/${pid}/fd/${held}`, flags))
    // Some shells use sockets or files.
    const arePipes = opened.every((descriptor) => fstatSync(descriptor).isFIFO())
    pipes = arePipes ? pipesOf(opened as unknown as Descriptors) : undefined
  } finally {
    if (!pipes) for (const descriptor of opened) closeSync(descriptor)
  }
  return pipes
}

function pipesOf([out, err, ...writers]: Descriptors): Pipes | undefined {
  const readers = [readerOf(out), readerOf(err)] as const
  // Bun creates such a socket, but never reads from it.
  if (readers.some(({ pending }) => pending)) return undefined
  const toClose: number[] = [...writers]
  const closeWriters = (): void => {
    for (const writer of toClose.splice(0)) closeSync(writer)
  }
  const close = (): void => {
    closeWriters()
    for (const reader of readers) reader.destroy()
  }
  return { readers, writers, closeWriters, close }
}

function readerOf(fd: number): Socket {
  return new Socket({ fd, readable: true, writable: false })
}
