import { isBlockedName } from '../environment/blocked-names.ts'
import { readCacheFile } from '../files/cache-file.ts'
import { listingSignatureOf, readUnchanged, signatureOf } from '../files/signature.ts'
import { type Environment, variableIn } from '../options/options.ts'
import { isSettingName } from '../schema/setting-name.ts'

/**
 * How a project's last start found its variables: which files it read, and where in them each value is. As long as
 * nothing has changed, the values can be cut out of the files again without loading the library. A plan holds positions
 * and names, but no values.
 */
export interface Plan {
  /** The version of this package that made it. */
  readonly version: string
  readonly cwd: string
  /** Paths, with the signature that each must have. */
  readonly files: Signatures
  /** The same for the files that contain values. All of them are read. */
  readonly sources: Signatures
  /** Directories whose entries were used. */
  readonly directories: Signatures
  /** Variables that must be unset or empty. */
  readonly unset: readonly string[]
  /** Variables that must have this value: those that hold paths and no secrets. */
  readonly set: Readonly<Record<string, string>>
  /** The variables to set, and the pieces of the sources that form their values. */
  readonly values: Readonly<Record<string, readonly Piece[]>>
  /** Variables to set to values that are not in a file: the profile's path, names of secrets. */
  readonly texts: Readonly<Record<string, string>>
}

export type Signatures = Readonly<Record<string, string>>

/** A part of a file's text, in UTF-16 units. If it has escapes, it is a JSON string with its quotes. */
export interface Piece {
  readonly file: string
  readonly start: number
  readonly end: number
  readonly isJson?: true
}

/** The start that a plan is for. */
export interface Start {
  readonly version: string
  readonly cwd: string
  /** The process environment, without the variables that an earlier preload set. */
  readonly env: Environment
}

/** The cache file for a start's plan. */
export function planFile(cache: string, { cwd, env }: Start): string {
  return `${cache}/${hashOf(`${cwd}\0${env.SYSTEMPROMPT_PROFILE ?? ''}`)}.json`
}

/** The variables that a start sets, if there is a plan for it and nothing has changed; undefined otherwise. */
export function valuesFromPlan(
  file: string,
  start: Start,
  uid: number | undefined,
): Record<string, string> | undefined {
  try {
    const plan = decodePlan(readCacheFile(file, uid))
    return plan && isCurrent(plan, start) && setsOnlyAllowed(plan) ? valuesOf(plan) : undefined
  } catch {
    // Not written by this code; the error's message could repeat a file's contents.
    return undefined
  }
}

/** Whether it is one of the library's own variables, which hold a path and names. */
export function isOwnVariable(name: string): boolean {
  return name === 'SYSTEMPROMPT_PROFILE' || name === 'SYSTEMPROMPT_CUSTOM_SECRETS'
}

/**
 * Written twice, to detect damage: comparing two strings costs nothing, and a checksum would be the only loop of a
 * start that is long enough for Node to compile.
 */
export function encodePlan(plan: Plan): string {
  const text = JSON.stringify(plan)
  return `${text}\n${text}`
}

/** Undefined unless the text is exactly what was written. */
function decodePlan(text: string | undefined): Plan | undefined {
  if (text === undefined) return undefined
  const middle = (text.length - 1) / 2
  const body = text.slice(0, middle)
  return text === `${body}\n${body}` ? (JSON.parse(body) as Plan) : undefined
}

/** No destructuring of lists, here and below: V8 compiles this code at every start, and takes long for that. */
function isCurrent(plan: Plan, { version, cwd, env }: Start): boolean {
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

/** Whether the plan sets only what a file may set. */
function setsOnlyAllowed({ values, texts }: Plan): boolean {
  return Object.keys(texts).every(isOwnVariable) && !Object.keys(values).some(isBlockedName)
}

/** Undefined if a source has changed. */
function valuesOf({ sources, values, texts }: Plan): Record<string, string> | undefined {
  const read: Record<string, string> = {}
  for (const path of Object.keys(sources)) {
    const text = readUnchanged(path, sources[path])
    if (text === undefined) return undefined
    read[path] = text
  }
  // No prototype: a variable may be called `__proto__`.
  const result: Record<string, string> = Object.assign(Object.create(null), texts)
  for (const name of Object.keys(values)) result[name] = joinPieces(values[name] ?? [], read)
  return result
}

/** The value that pieces of these texts form. */
export function joinPieces(pieces: readonly Piece[], texts: Readonly<Record<string, string>>): string {
  let value = ''
  for (const { file, start, end, isJson } of pieces) {
    const piece = (texts[file] ?? '').slice(start, end)
    value += isJson ? String(JSON.parse(piece)) : piece
  }
  return value
}

/** 64 bits of a text are enough for a name, since the plan itself says what it is for. */
function hashOf(text: string): string {
  let one = 0x811c9dc5
  let two = 0xdeadbeef
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    one = Math.imul(one ^ code, 0x01000193)
    two = Math.imul(two ^ code, 0x9e3779b1) ^ (two >>> 15)
  }
  return (one >>> 0).toString(36) + (two >>> 0).toString(36)
}
