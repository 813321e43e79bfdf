import { dirname, join, resolve } from 'node:path'
import { configError, type Problems } from './errors/errors.ts'
import { nearest } from './errors/suggest.ts'
import { displayPath, resolvePath } from './files/paths.ts'
import { newTrail, type Trail } from './files/trail.ts'
import { type Environment, variableIn } from './options/options.ts'
import { accessFailure, type Failure, isDirectory, listDirectory, pathExists, readText } from './read/guard.ts'
import { parseJson } from './read/json.ts'
import { nearestPath } from './read/nearest-path.ts'
import { scalarAt } from './tree.ts'
import type { Source } from './types.ts'

/** How the profile was chosen, in the order in which the ways are tried; docs/configuration.md describes them. */
export type ProfileChoice = 'option' | 'SYSTEMPROMPT_PROFILE' | 'session' | 'only one' | 'local'

/** The profile that was loaded. */
export interface ProfileRef {
  readonly name: string
  /** Absolute path of the YAML file. */
  readonly file: string
  /** Absolute path of the directory that relative paths in the profile start from. */
  readonly directory: string
  readonly chosenBy: ProfileChoice
}

export interface Project {
  /** The directory that holds `.systemprompt`; without one, the working directory. Absolute. */
  readonly root: string
  /** Whether there is a `.systemprompt` directory. */
  readonly found: boolean
  readonly profile?: ProfileRef
}

/** Where to look for a project. */
export interface DiscoverOptions {
  /** The directory to start in; its parents are searched too. */
  readonly cwd: string
  /** A profile's name, or the path of its file or directory. A path can also lead to a project. */
  readonly profile?: string | undefined
  /** Where to read `SYSTEMPROMPT_PROFILE` if there is no `profile`. */
  readonly env: Environment
}

const STATE_DIRECTORY = '.systemprompt'
const PROFILE_FILES = ['profile.yaml', 'profile.yml']
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/

/**
 * Finds the project and the profile in use.
 * @throws ConfigError PROFILE_NOT_FOUND, PROFILE_AMBIGUOUS, PROFILE_NAME_INVALID, FILE_UNREADABLE, INVALID_OPTION (cwd)
 */
export function discover(options: DiscoverOptions, problems: Problems): Project {
  const cwd = directoryOf(options.cwd)
  const { trail } = problems
  if (!isDirectory(cwd, trail)) throw noDirectory(accessFailure(cwd))
  const found = findRoot(cwd, trail)
  const requested = requestedProfile(options)
  if (requested && isPath(requested.value)) {
    const profile = profileAt(requested.value, { from: cwd, root: found, by: requested.by }, trail)
    const root = found ?? findRoot(profile.directory, trail)
    return { root: root ?? cwd, found: root !== undefined, profile }
  }
  if (requested && !NAME.test(requested.value)) throw invalidName(requested.by)
  if (found === undefined) {
    if (requested) throw noProject(requested.value, requested.by)
    return { root: cwd, found: false }
  }
  const profile = requested
    ? namedProfile(found, requested.value, requested.by, trail)
    : impliedProfile(found, problems)
  return { root: found, found: true, ...(profile ? { profile } : {}) }
}

/**
 * Resolves a path against the working directory.
 * @throws ConfigError INVALID_OPTION if the working directory has been removed
 */
export function directoryOf(cwd: string): string {
  try {
    return resolve(cwd)
  } catch {
    throw noDirectory()
  }
}

/** The absolute path of the project root that {@link discover} would use, without looking at any profile. */
export function findProjectRoot(options: DiscoverOptions, trail?: Trail): string {
  const cwd = directoryOf(options.cwd)
  const requested = requestedProfile(options)
  const path = requested && isPath(requested.value) ? resolvePath(requested.value, cwd) : undefined
  return findRoot(cwd, trail) ?? (path === undefined ? undefined : findRoot(dirname(path), trail)) ?? cwd
}

/**
 * Lists the names of a project's profiles, sorted; empty if there is no project.
 *
 * @param cwd where to start looking for the project; its parents are searched too
 * @throws ConfigError FILE_UNREADABLE if the current user may not read all of them; INVALID_OPTION if `cwd` is relative
 * and the working directory has been removed
 */
export function listProfiles(cwd: string): readonly string[] {
  const root = findRoot(directoryOf(cwd), undefined)
  return root === undefined ? [] : profileNames(root, newTrail())
}

/**
 * The names of a project's profiles, sorted.
 * @throws ConfigError FILE_UNREADABLE if the current user may not read them all: a partial list could seem to have only
 * one
 */
export function profileNames(root: string, trail: Trail): readonly string[] {
  const directory = join(root, STATE_DIRECTORY, 'profiles')
  const names = listDirectory(directory, trail, (failure) => {
    throw unreadable(root, directory, failure)
  })
  return names.filter((name) => NAME.test(name) && profileFileIn(join(directory, name), root, trail) !== undefined)
}

/** The nearest directory, this one or a parent, that holds a `.systemprompt` directory. */
function findRoot(from: string, trail: Trail | undefined): string | undefined {
  for (let directory = from; ; directory = dirname(directory)) {
    if (isDirectory(join(directory, STATE_DIRECTORY), trail)) return directory
    if (dirname(directory) === directory) return undefined
  }
}

function requestedProfile({ profile, env }: DiscoverOptions): { value: string; by: ProfileChoice } | undefined {
  if (profile !== undefined) return { value: profile, by: 'option' }
  const variable = variableIn(env, 'SYSTEMPROMPT_PROFILE')
  return variable ? { value: variable, by: 'SYSTEMPROMPT_PROFILE' } : undefined
}

function isPath(value: string): boolean {
  if (value.includes('\0')) return false
  return /[\\/]/.test(value) || /\.ya?ml$/.test(value) || value.startsWith('.') || value.startsWith('~')
}

interface PathRequest {
  /** Where a relative path starts. */
  readonly from: string
  /** The project root, if there is a project. */
  readonly root: string | undefined
  readonly by: ProfileChoice
}

function profileAt(value: string, { from, root, by }: PathRequest, trail: Trail): ProfileRef {
  const path = resolvePath(value, from)
  const file = isDirectory(path, trail) ? profileFileIn(path, from, trail) : path
  if (file === undefined || !pathExists(file, trail)) {
    throwIfInaccessible(from, path)
    const near = nearestPath(path, isProfile) ?? (root === undefined ? undefined : similarProfile(path, root))
    // Without a slash it would be taken for the name of a profile.
    const meant = near && displayPath(from, near).replace(/^[^/]+$/, './$&')
    throw configError({
      code: 'PROFILE_NOT_FOUND',
      key: optionName(by),
      message: `names ${printableName(value)}, but there is no profile there`,
      remedy: meant ? `did you mean ${meant}?` : 'give the path of a profile.yaml or of the directory that holds it',
    })
  }
  return { name: nameOf(file), file, directory: dirname(file), chosenBy: by }
}

/** The directory of the project's profile with this name, or with a similar one. */
function similarProfile(path: string, root: string): string | undefined {
  const profiles = join(root, STATE_DIRECTORY, 'profiles')
  const [name, names] = [nameOf(path), listDirectory(profiles)]
  const near = names.includes(name) ? name : nearest(name, names)
  return near !== undefined && isProfile(join(profiles, near)) ? join(profiles, near) : undefined
}

function isProfile(path: string): boolean {
  return isDirectory(path)
    ? PROFILE_FILES.some((name) => pathExists(join(path, name)))
    : /\.ya?ml$/.test(path) && pathExists(path)
}

function namedProfile(root: string, name: string, by: ProfileChoice, trail: Trail): ProfileRef {
  const directory = join(root, STATE_DIRECTORY, 'profiles', name)
  const file = profileFileIn(directory, root, trail)
  if (file !== undefined) return { name, file, directory, chosenBy: by }
  const names = profileNames(root, trail)
  const near = nearest(name, names)
  const list = names.length === 0 ? 'this project has no profile yet' : `this project has ${names.join(', ')}`
  throw configError({
    code: 'PROFILE_NOT_FOUND',
    key: optionName(by),
    message: `names the profile ${printableName(name)}, which does not exist`,
    remedy: near === undefined ? list : `did you mean ${near}? (${list})`,
  })
}

function impliedProfile(root: string, problems: Problems): ProfileRef | undefined {
  const fromSession = sessionProfile(root, problems)
  if (fromSession) return fromSession
  const { trail } = problems
  const names = profileNames(root, trail)
  const [only] = names
  if (only === undefined) return undefined
  if (names.length === 1) return namedProfile(root, only, 'only one', trail)
  if (names.includes('local')) return namedProfile(root, 'local', 'local', trail)
  throw configError({
    code: 'PROFILE_AMBIGUOUS',
    message: `There are several profiles and none is active: ${names.join(', ')}`,
    remedy: `set SYSTEMPROMPT_PROFILE=${only} in the environment, or run 'systemprompt profile use ${only}'; --profile and the profile option choose one too`,
  })
}

/** The active session's profile. One that is unreadable, or names a missing profile, is ignored with a warning. */
function sessionProfile(root: string, problems: Problems): ProfileRef | undefined {
  const file = join(root, STATE_DIRECTORY, 'sessions', 'index.json')
  const source: Source = { layer: 'profile', file: displayPath(root, file), confidential: true }
  const silent: Problems = { ...problems, error: () => ignoreSession(source, 'cannot be read', problems) }
  const read = readText(file, source, silent)
  const session = read && parseJson(read.source, silent)
  if (!session) return undefined
  const named = scalarAt(session, ['active_profile_name'])?.value
  const key = scalarAt(session, ['active_key'])?.value
  const path = typeof key === 'string' ? scalarAt(session, ['sessions', key, 'profile_path'])?.value : undefined
  try {
    if (typeof named === 'string' && named !== '') {
      return NAME.test(named)
        ? namedProfile(root, named, 'session', problems.trail)
        : ignoreSession(source, MISSING_PROFILE, problems)
    }
    if (typeof path === 'string' && path !== '')
      return profileAt(path, { from: root, root, by: 'session' }, problems.trail)
  } catch {
    ignoreSession(source, MISSING_PROFILE, problems)
  }
  return undefined
}

const MISSING_PROFILE = 'names a profile that does not exist'

function ignoreSession(source: Source, why: string, problems: Problems): undefined {
  problems.warn({
    code: 'SESSION_UNREADABLE',
    message: `${why}, so it was ignored`,
    remedy: "choose one with 'systemprompt profile use <name>' or SYSTEMPROMPT_PROFILE",
    at: { source },
  })
}

function profileFileIn(directory: string, root: string, trail: Trail): string | undefined {
  const files = PROFILE_FILES.map((name) => join(directory, name))
  const found = files.find((file) => pathExists(file, trail))
  if (found === undefined) for (const file of files) throwIfInaccessible(root, file)
  return found
}

/** @throws ConfigError FILE_UNREADABLE */
function throwIfInaccessible(root: string, file: string): void {
  const failure = accessFailure(file)
  if (failure) throw unreadable(root, file, failure)
}

function unreadable(root: string, path: string, failure: Failure): Error {
  return configError({
    ...failure,
    at: { source: { layer: 'profile', file: displayPath(root, path), confidential: false } },
  })
}

/**
 * `…/profiles/local/profile.yaml` → `local`; `…/profiles/prod.profile.yaml` → `prod`; `config/qa.json` → `qa` (JSON is
 * YAML).
 */
function nameOf(file: string): string {
  const base = file.slice(Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1).replace(/\.(ya?ml|json)$/, '')
  if (base === 'profile') return dirname(file).split(/[\\/]/).at(-1) ?? base
  return base.replace(/\.profile$/, '')
}

function optionName(by: ProfileChoice): string {
  return by === 'option' ? 'profile' : by
}

function invalidName(by: ProfileChoice): Error {
  return configError({
    code: 'PROFILE_NAME_INVALID',
    key: optionName(by),
    message: 'is not the name of a profile',
    remedy: 'use letters, digits, dots, dashes and underscores, or give a path',
  })
}

function noDirectory(failure?: Failure): Error {
  return configError({
    message: 'is not an existing directory',
    remedy: 'give the directory of the project or one below it',
    ...failure,
    code: 'INVALID_OPTION',
    key: 'cwd',
  })
}

function noProject(name: string, by: ProfileChoice): Error {
  return configError({
    code: 'PROFILE_NOT_FOUND',
    key: optionName(by),
    message: `names the profile ${printableName(name)}, but there is no ${STATE_DIRECTORY} directory here or above`,
    remedy: `run this in the project, or give the path of a profile.yaml; in a new clone 'systemprompt init --profile ${name}' creates it`,
  })
}

/** Quotes and shortens a name, which somebody else may have chosen, so that a terminal can show it. */
function printableName(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name)
}
