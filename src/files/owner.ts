import { createHash } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { kill, pid } from 'node:process'
import { systemCode } from './system-code.ts'

/**
 * A running process, distinguished from an earlier one with the same id. `machine` is where the id is valid: two
 * containers that share a disk both have a process 1.
 */
export interface Owner {
  readonly machine: string
  readonly pid: number
  /** When it started, in the system's own format; empty if unknown. */
  readonly started: string
}

/** This process. */
export function currentOwner(): Owner {
  return { machine: machineId(), pid, started: statusOf(pid).started }
}

/** Whether the process has ended; undefined for one on another machine, which cannot be checked here. */
export function hasEnded(owner: Owner): boolean | undefined {
  if (owner.machine !== machineId()) return undefined
  if (!isAlive(owner.pid)) return true
  const { state, started } = statusOf(owner.pid)
  return state === ZOMBIE || (owner.started !== '' && started !== '' && owner.started !== started)
}

function isAlive(id: number): boolean {
  try {
    kill(id, 0)
    return true
  } catch (error) {
    // Another user's process exists, but may not be signalled.
    return systemCode(error) === 'EPERM'
  }
}

/** A process that has ended, but keeps its id until its parent asks how. In a container, that may be never. */
const ZOMBIE = 'Z'

/** Linux reports the state and the start time; elsewhere the id alone must do. */
function statusOf(id: number): { readonly state: string; readonly started: string } {
  const stat = readIfAny(`/proc/${id}/stat`)
  // The program's name, in brackets, may itself contain spaces and brackets.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return { state: fields[0] ?? '', started: fields[19] ?? '' }
}

function machineId(): string {
  const parts = [hostname(), readIfAny('/proc/sys/kernel/random/boot_id'), readLinkIfAny('/proc/self/ns/pid')]
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 12)
}

function readIfAny(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

function readLinkIfAny(file: string): string {
  try {
    return readlinkSync(file)
  } catch {
    return ''
  }
}
