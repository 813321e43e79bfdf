import { isBlockedName } from '../environment/blocked-names.ts'
import { readCacheFile } from '../files/cache-file.ts'
import { listingSignatureOf, readUnchanged, signatureOf } from '../files/signature.ts'
import { type Environment, variableIn } from '../options/options.ts'
import { isSettingName } from '../schema/setting-name.ts'

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
  readonly files: Signatures
  /** The same of the files that values stand in. All of them are read. */
  readonly sources: Signatures
  /** Directories whose entries took part. */
  readonly directories: Signatures
  /** Variables that must not be set, or be empty. */
  readonly unset: readonly string[]
  /** Variables that must have this value: those that name places, and hold no secret. */
  readonly set: Readonly<Record<string, string>>
  /** What to set, and of which pieces of the sources each value is made. */
  readonly values: Readonly<Record<string, readonly Piece[]>>
  /** What to set to a text that is no value of a file: the profile's path, names of secrets. */
  readonly texts: Readonly<Record<string, string>>
}

export type Signatures = Readonly<Record<string, string>>

/** A part of a file's text, in UTF-16 units; a JSON string with its quotes where it has escapes. */
export interface Piece {
  readonly file: string
  readonly start: number
  readonly end: number
  readonly isJson?: true
}

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

/** No list is taken apart by destructuring, here and below: V8 compiles this at each start, and takes long over that. */
function holds(plan: Plan, { version, cwd, env }: Start): boolean {
  return (
    plan.version === version &&
    plan.cwd === cwd &&
    plan.unset.every((name) => !variableIn(env, name)) &&
    Object.keys(plan.set).every((name) => variableIn(env, name) === plan.set[name]) &&
    !Object.keys(env).some(isSettingName) &&
    Object.keys(plan.files).every((path) => signatureOf(path) === plan.files[path]) &&
    Object.keys(plan.directories).every((path) => listingSignatureOf(path) === plan.directories[path])
  )
}

/** Nothing that a file could not set either. */
function setsWhatItMay({ values, texts }: Plan): boolean {
  return Object.keys(texts).every(isOwnVariable) && !Object.keys(values).some(isBlockedName)
}

/** Undefined where a source changed. */
function valuesOf({ sources, values, texts }: Plan): Record<string, string> | undefined {
  const read: Record<string, string> = {}
  for (const path of Object.keys(sources)) {
    const text = readUnchanged(path, sources[path])
    if (text === undefined) return undefined
    read[path] = text
  }
  // Without a prototype: a variable may be called `__proto__`.
  const result: Record<string, string> = Object.assign(Object.create(null), texts)
  for (const name of Object.keys(values)) result[name] = joinPieces(values[name] ?? [], read)
  return result
}

/** The value that pieces of these texts make. */
export function joinPieces(pieces: readonly Piece[], texts: Readonly<Record<string, string>>): string {
  let value = ''
  for (const { file, start, end, isJson } of pieces) {
    const piece = (texts[file] ?? '').slice(start, end)
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
