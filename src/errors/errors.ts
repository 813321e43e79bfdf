import { types } from 'node:util'
import { type Consulted, consultedOf, newTrail, type Trail } from '../files/trail.ts'
import { formatPath, parsePath } from '../path.ts'
import { looksSecret } from '../secrets/secret.ts'
import type { Path, Referred, Site } from '../types.ts'
import { cachedLines, frameAt, type LinesOf, originOf, positionOf, printable } from './frame.ts'
import type { ProblemCode } from './problem-codes.ts'
import { renderProblems } from './render.ts'

/** The number of variables of one value in a message. */
const MAX_REFERENCES = 5

/** One problem, as data. It never contains a value from a confidential source. */
export interface Problem {
  readonly code: ProblemCode
  /** What is wrong: `is not a whole number from 1 to 65535`. */
  readonly message: string
  /** What to do about it. */
  readonly remedy?: string
  /** The key as a dotted path, or the name of the variable or secret. */
  readonly key?: string
  /** Path relative to the project root. */
  readonly file?: string
  /** The variable or option that gave the value, if it did not come from a file. */
  readonly name?: string
  /** 1-based. */
  readonly line?: number
  /** 1-based, in UTF-16 units. */
  readonly column?: number
  /** The source line with a caret below it; only if the line cannot hold a secret. */
  readonly frame?: string
  /** The section of the package's documentation about this code. */
  readonly docs: string
}

/** A problem as a stage reports it; position and frame are added later. */
export interface Report {
  readonly code: ProblemCode
  readonly message: string
  readonly remedy?: string
  readonly key?: string | Path
  readonly at?: Site
  /** The variables in a value that was rejected, one of which may have to be corrected. */
  readonly references?: readonly Referred[] | undefined
  /** Do not quote the source: the problem is that something is missing. */
  readonly unframed?: true
}

/** Collects problems during a load, so that the user sees all of them at once. */
export interface Problems {
  readonly errors: readonly Problem[]
  readonly warnings: readonly Problem[]
  /** Where the load looked. An error passes it on, so that callers know what to watch. */
  readonly trail: Trail
  error(report: Report): void
  warn(report: Report): void
  /** Whether an error about this key was reported, so that its consequences need not be. */
  isReported(key: string): boolean
  /** Removes the errors and warnings with these codes, because they follow from another error. */
  withdraw(codes: readonly ProblemCode[]): void
  /** @throws ConfigError with all errors reported so far, if there are any */
  throwIfAny(): void
}

/** Creates a collector. `profile` returns the profile's name, once known; `initial` has problems to start with. */
export function collectProblems(
  profile: () => string | undefined = () => undefined,
  trail = newTrail(),
  initial?: Pick<Problems, 'errors' | 'warnings'>,
): Problems {
  const linesOf = cachedLines()
  const errors = createProblemList(linesOf, initial?.errors)
  const warnings = createProblemList(linesOf, initial?.warnings)
  return {
    get errors() {
      return errors.problems()
    },
    get warnings() {
      return warnings.problems()
    },
    trail,
    error: errors.add,
    warn: warnings.add,
    isReported: errors.hasKey,
    withdraw(codes) {
      errors.withdraw(codes)
      warnings.withdraw(codes)
    },
    throwIfAny() {
      if (errors.isEmpty()) return
      throw new ConfigError(sortByPosition(errors.problems()), { profile: profile(), warnings: warnings.problems() })
    },
  }
}

interface ProblemList {
  add(report: Report): void
  isEmpty(): boolean
  /** Whether one of them has this key. */
  hasKey(key: string): boolean
  withdraw(codes: readonly ProblemCode[]): void
  /** The problems without duplicates. */
  problems(): readonly Problem[]
}

/** Problems are worded only when they are read: most starts have a warning or two that nobody reads. */
function createProblemList(linesOf: LinesOf, initial: readonly Problem[] = []): ProblemList {
  const reports: Report[] = []
  let problems = [...initial]
  const keys = new Set(initial.map(({ key }) => key))
  const seen = new Set<string>()
  const formatReports = (): readonly Problem[] => {
    for (const report of reports.splice(0)) {
      const problem = toProblem(report, linesOf)
      const { code, key, file, line, column, message } = problem
      const identity = JSON.stringify([code, key, file, line, column, message])
      if (!seen.has(identity)) problems.push(problem)
      seen.add(identity)
      keys.add(key)
    }
    return problems
  }
  return {
    add: (report) => void reports.push(report),
    isEmpty: () => problems.length + reports.length === 0,
    hasKey(key) {
      formatReports()
      return keys.has(key)
    },
    withdraw(codes) {
      problems = formatReports().filter(({ code }) => !codes.includes(code))
    },
    problems: formatReports,
  }
}

/** By file, in the order in which files were read, and from top to bottom in each file. */
function sortByPosition(problems: readonly Problem[]): readonly Problem[] {
  const files = [...new Set(problems.map(({ file }) => file))]
  const rank = ({ file, line = 0, column = 0 }: Problem): readonly number[] => [files.indexOf(file), line, column]
  return problems.toSorted((one, other) => {
    const [left, right] = [rank(one), rank(other)]
    return left.map((part, index) => part - (right[index] ?? 0)).find((difference) => difference !== 0) ?? 0
  })
}

/**
 * The error that this library throws for every invalid configuration. `message` is ready to print; `issues` has the
 * same as data; `JSON.stringify(error)` is safe to log.
 */
export class ConfigError extends Error {
  /** Set explicitly, since the build for Node shortens names. */
  static override readonly name: string = 'ConfigError'
  override readonly name = 'ConfigError'
  /** The code of the first issue. */
  readonly code: ProblemCode
  // Private, since Node prints the properties of an uncaught error, and the message already says everything.
  readonly #issues: readonly Problem[]
  readonly #warnings: readonly Problem[]
  readonly #profile: string | undefined
  readonly #consulted: Consulted

  constructor(issues: readonly Problem[], { title, profile, warnings = [], consulted }: ConfigErrorContext = {}) {
    super(renderProblems(issues, title ?? titleFor(profile)))
    this.code = issues[0]?.code ?? 'INVALID_VALUE'
    this.#issues = Object.freeze([...issues])
    this.#warnings = Object.freeze([...warnings])
    this.#profile = profile
    this.#consulted = consulted ?? NOWHERE
  }

  /** All problems of the message, as data. */
  get issues(): readonly Problem[] {
    return this.#issues
  }

  /** The warnings of the load, which a result would have had as `warnings`. */
  get warnings(): readonly Problem[] {
    return this.#warnings
  }

  /** The name of the profile that was loaded; undefined if there was none. */
  get profile(): string | undefined {
    return this.#profile
  }

  /** Where the load looked before it failed, and so what to watch until it is fixed. Empty if nothing was loaded. */
  get consulted(): Consulted {
    return this.#consulted
  }

  /** Returns name, code and issues. */
  toJSON(): { name: string; code: ProblemCode; issues: readonly Problem[] } {
    return { name: this.name, code: this.code, issues: this.issues }
  }
}

/** What a {@link ConfigError} has besides its issues. */
export interface ConfigErrorContext {
  /** The heading of the message. @default 'The configuration of profile … is not valid' */
  readonly title?: string
  /** The name of the profile that was loaded. */
  readonly profile?: string | undefined
  /** The warnings of the load. @default [] */
  readonly warnings?: readonly Problem[]
  /** Where the load looked. @default nowhere */
  readonly consulted?: Consulted
}

const NOWHERE: Consulted = consultedOf(newTrail())

/** Adds where the load looked to a {@link ConfigError}; returns other errors unchanged. */
export function withTrail(error: unknown, trail: Trail): unknown {
  if (!(error instanceof ConfigError)) return error
  const { issues, profile, warnings } = error
  return new ConfigError(issues, { profile, warnings, consulted: consultedOf(trail) })
}

function titleFor(profile: string | undefined): string {
  return profile === undefined
    ? 'The configuration is not valid'
    : `The configuration of profile ${printable(profile)} is not valid`
}

/**
 * Returns whether `error` is a {@link ConfigError} that, if `code` is given, has an issue with that code. It checks the
 * name and not the class, so it works across copies of the package and across realms.
 *
 * @example
 * try { loadConfigSync() } catch (error) {
 *   if (isConfigError(error, 'UNDEFINED_VARIABLE')) console.error(error.message)
 * }
 */
export function isConfigError(error: unknown, code?: ProblemCode): error is ConfigError {
  if (!types.isNativeError(error) || error.name !== 'ConfigError') return false
  const issues: unknown = Reflect.get(error, 'issues')
  if (!Array.isArray(issues)) return false
  return code === undefined || issues.some((issue: unknown) => isRecord(issue) && issue.code === code)
}

/** An error with a single problem, to throw at once if it makes no sense to go on. */
export function configError(report: Report): ConfigError {
  return new ConfigError([toProblem(report, cachedLines())])
}

/** Names and paths in a report may come from a hostile file, so all text in it is made printable. */
function toProblem(report: Report, linesOf: LinesOf): Problem {
  const { code, message, remedy, key, at, unframed } = report
  const { file, name } = at?.source ?? {}
  const lines = at && linesOf(at.source)
  const frame = at && !unframed && !isSecretKey(key) ? frameAt(at, lines) : undefined
  return {
    code,
    message: printable(`${message}${withReferences(report.references, linesOf)}`),
    ...(remedy === undefined ? {} : { remedy: printable(remedy) }),
    ...(key === undefined ? {} : { key: printable(typeof key === 'string' ? key : formatPath(key)) }),
    ...(file === undefined ? {} : { file: printable(file) }),
    ...(file !== undefined || name === undefined ? {} : { name: printable(name) }),
    ...((at && positionOf(at, lines)) ?? {}),
    ...(frame === undefined ? {} : { frame }),
    docs: `@systemprompt/env/docs/errors.md#${code.toLowerCase()}`,
  }
}

function withReferences(references: readonly Referred[] = [], linesOf: LinesOf): string {
  if (references.length === 0) return ''
  const shown = references.slice(0, MAX_REFERENCES).map(({ name, site }) => `${name} (${placeOf(site, linesOf)})`)
  const more = references.length - shown.length
  return `; refers to ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

function placeOf(site: Site | undefined, linesOf: LinesOf): string {
  if (site === undefined) return 'not set'
  const { layer, file, line, column } = originOf(site, linesOf)
  return file === undefined ? layer : [file, line, column].filter((part) => part !== undefined).join(':')
}

/** A value below `tokens:` or `password:` may be lines away from that word. */
function isSecretKey(key: Report['key']): boolean {
  const path = typeof key === 'string' ? (parsePath(key) ?? [key]) : (key ?? [])
  return path.some((segment) => typeof segment === 'string' && looksSecret(segment))
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
