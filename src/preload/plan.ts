import { isBlockedName } from '../blocked-names.ts'
import { readCacheFile } from '../files/cache-file.ts'
import { listingSignatureOf, readUnchanged, signatureOf } from '../files/signature.ts'
import { type Environment, variableIn } from '../options.ts'
import { isSettingName } from '../read/setting-name.ts'

/**
 * How a project's last start came to its variables: what it looked at, and where in which file each value stands.
 * While all of that is as it was, the values can be cut out of their files again without loading the library.
 * It holds places and names, and no value.
 */
export interface Plan {
  /** The version of this package that made it. */
  readonly version: string
  readonly cwd: string
  /** Paths with the signature each must have. */
  readonly files: readonly Signed[]
  /** Directories whose entries took part. */
  readonly directories: readonly Signed[]
  /** Variables that must not be set, or be empty. */
  readonly unset: readonly string[]
  /** Variables that must have this value: those that name places, and hold no secret. */
  readonly set: Readonly<Record<string, string>>
  /** What to set, and of which pieces of the files above each value is made. */
  readonly values: readonly (readonly [name: string, pieces: readonly Piece[]])[]
  /** What to set to a text that is no value of a file: the profile's path, names of secrets. */
  readonly texts: Readonly<Record<string, string>>
}

export type Signed = readonly [path: string, signature: string]

/** A part of a file's text, in UTF-16 units; a JSON string with its quotes where it has escapes. */
export type Piece = readonly [file: number, start: number, end: number, isJson?: 1]

/** What a plan is good for. */
export interface Start {
  readonly version: string
  readonly cwd: string
  /** The process environment, without what an earlier preload set. */
  readonly env: Environment
}

/** The file of a cache that a start's plan is kept in. */
export function planFile(cache: string, { cwd, env }: Start): string {
  return `${cache}/${nameFor(`${cwd}\0${env.SYSTEMPROMPT_PROFILE ?? ''}`)}.json`
}

/** The variables that a start sets, if a plan for it is there and everything is as it was; undefined otherwise. */
export function valuesByPlan(file: string, start: Start, uid: number | undefined): Record<string, string> | undefined {
  try {
    const plan = decodePlan(readCacheFile(file, uid))
    return plan && holds(plan, start) && setsWhatItMay(plan) ? valuesOf(plan) : undefined
  } catch {
    // Not made by this code; the message could repeat what a file holds.
    return undefined
  }
}

/** The library's own variables, which hold a path and names. */
export function isOwnVariable(name: string): boolean {
  return name === 'SYSTEMPROMPT_PROFILE' || name === 'SYSTEMPROMPT_CUSTOM_SECRETS'
}

/**
 * Written twice, to tell damage by: comparing two texts costs nothing, and a sum over them would be the one loop of a
 * start that is long enough for Node to compile.
 */
export function encodePlan(plan: Plan): string {
  const text = JSON.stringify(plan)
  return `${text}\n${text}`
}

/** A text that is not exactly what was written is no plan. */
function decodePlan(text: string | undefined): Plan | undefined {
  if (text === undefined) return undefined
  const middle = (text.length - 1) / 2
  const body = text.slice(0, middle)
  return text === `${body}\n${body}` ? (JSON.parse(body) as Plan) : undefined
}

function holds(plan: Plan, { version, cwd, env }: Start): boolean {
  return (
    plan.version === version &&
    plan.cwd === cwd &&
    plan.unset.every((name) => !variableIn(env, name)) &&
    Object.entries(plan.set).every(([name, value]) => variableIn(env, name) === value) &&
    !Object.keys(env).some(isSettingName) &&
    plan.files.every(([path, signature]) => signatureOf(path) === signature) &&
    plan.directories.every(([path, signature]) => listingSignatureOf(path) === signature)
  )
}

/** Nothing that a file could not set either. */
function setsWhatItMay({ values, texts }: Plan): boolean {
  return Object.keys(texts).every(isOwnVariable) && !values.some(([name]) => isBlockedName(name))
}

/** Undefined where a file changed just now. */
function valuesOf({ files, values, texts }: Plan): Record<string, string> | undefined {
  const read = new Map<number, string | undefined>()
  const textOf = (index: number): string | undefined => {
    const [path, signature] = files[index] ?? ['', '']
    if (!read.has(index)) read.set(index, readUnchanged(path, signature))
    return read.get(index)
  }
  const result = Object.entries(texts)
  for (const [name, pieces] of values) {
    const value = joinPieces(pieces, textOf)
    if (value === undefined) return undefined
    result.push([name, value])
  }
  return Object.fromEntries(result)
}

/** The value that pieces make; undefined where the text of one cannot be had. */
export function joinPieces(pieces: readonly Piece[], textOf: (file: number) => string | undefined): string | undefined {
  let value = ''
  for (const [file, start, end, isJson] of pieces) {
    const piece = textOf(file)?.slice(start, end)
    if (piece === undefined) return undefined
    value += isJson ? String(JSON.parse(piece)) : piece
  }
  return value
}

/** 64 bits of a text; the plan itself says what it is for. */
function nameFor(text: string): string {
  let one = 0x811c9dc5
  let two = 0xdeadbeef
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    one = Math.imul(one ^ code, 0x01000193)
    two = Math.imul(two ^ code, 0x9e3779b1) ^ (two >>> 15)
  }
  return (one >>> 0).toString(36) + (two >>> 0).toString(36)
}
