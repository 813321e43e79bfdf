import { spawn } from 'node:child_process'
import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const repository = fileURLToPath(new URL('../..', import.meta.url))

/** Puts the built package where npm would put it. */
export function installInto(root: string): void {
  const target = join(root, 'node_modules/@systemprompt/env')
  mkdirSync(target, { recursive: true })
  for (const part of ['package.json', 'dist']) cpSync(join(repository, part), join(target, part), { recursive: true })
}

export interface Ended {
  /** The exit code, or the signal that ended it. */
  readonly code: number | NodeJS.Signals | null
  readonly out: string
  readonly err: string
}

export interface Start {
  readonly cwd: string
  readonly args: readonly string[]
  /** The whole environment, except for PATH. @default {} */
  readonly env?: Readonly<Record<string, string>>
  readonly command?: string
}

/** Runs a program, by default this Node, and waits for its exit. */
export function start({ cwd, args, env = {}, command = process.execPath }: Start): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], {
      cwd,
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let out = ''
    let err = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text
    })
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code: signal ?? code, out, err }))
  })
}
