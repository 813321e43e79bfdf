import { types } from 'node:util'
import { type Consulted, consultedOf, newTrail, type Trail } from '../files/trail.ts'
import { formatPath, parsePath } from '../path.ts'
import { looksSecret } from '../secrets/secret.ts'
import type { Path, Site } from '../types.ts'
import { frameAt, type LinesOf, positionOf, printable, rememberedLines } from './frame.ts'
import type { ProblemCode } from './problem-codes.ts'
import { renderProblems } from './render.ts'

/** One thing that is wrong, as data. It never holds a value of a confidential source. */
export interface Problem {
  readonly code: ProblemCode
  /** What is wrong, in words: `is not a whole number from 1 to 65535`. */
  readonly message: string
  /** What to do about it. */
  readonly remedy?: string
  /** The key, as a dotted path, or the variable's or secret's name. */
  readonly key?: string
  /** Path relative to the project root. */
  readonly file?: string
  /** The variable or option that gave the value, where no file did. */
  readonly name?: string
  /** 1-based. */
  readonly line?: number
  /** 1-based, in UTF-16 units. */
  readonly column?: number
  /** The source line with a caret below it; only where that line cannot hold a secret. */
  readonly frame?: string
  /** Section of the documentation that ships with the package. */
  readonly docs: string
}

/** How a stage words a problem; the place and the frame are worked out when it is reported. */
export interface Report {
  readonly code: ProblemCode
  readonly message: string
  readonly remedy?: string
  readonly key?: string | Path
  readonly at?: Site
  /** Do not quote the source: what is wrong is that something is not there. */
  readonly unframed?: true
}

/** Collects what is wrong while a load goes on, so that the user sees all of it at once. */
export interface Problems {
  readonly errors: readonly Problem[]
  readonly warnings: readonly Problem[]
  /** Where the load looked: an error says what to watch as well as what is wrong. */
  readonly trail: Trail
  error(report: Report): void
  warn(report: Report): void
  /** Whether an error about this key was reported, so that what follows from it need not be. */
  isReported(key: string): boolean
  /** Takes back what was reported under these codes, errors and warnings: it follows from another error. */
  withdraw(codes: readonly ProblemCode[]): void
  /** @throws ConfigError with every error reported so far, if there is one. */
  throwIfAny(): void
}

/** A collector. `profile` tells which profile is loaded, as far as that is known; `before` is what it goes on from. */
export function collectProblems(
  profile: () => string | undefined = () => undefined,
  trail = newTrail(),
  before?: Pick<Problems, 'errors' | 'warnings'>,
): Problems {
  const linesOf = rememberedLines()
  const errors = inOrder(linesOf, before?.errors)
  const warnings = inOrder(linesOf, before?.warnings)
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
    isReported: errors.isAbout,
    withdraw(codes) {
      errors.withdraw(codes)
      warnings.withdraw(codes)
    },
    throwIfAny() {
      if (errors.isEmpty()) return
      throw new ConfigError(inReadingOrder(errors.problems()), { profile: profile(), warnings: warnings.problems() })
    },
  }
}

interface ProblemList {
  add(report: Report): void
  isEmpty(): boolean
  /** Whether one of them has this key. */
  isAbout(key: string): boolean
  withdraw(codes: readonly ProblemCode[]): void
  /** Each once. */
  problems(): readonly Problem[]
}

/** Worked out when somebody looks: most starts have a warning or two that nobody reads. */
function inOrder(linesOf: LinesOf, before: readonly Problem[] = []): ProblemList {
  const reports: Report[] = []
  let problems = [...before]
  const keys = new Set(before.map(({ key }) => key))
  const seen = new Set<string>()
  const wordedProblems = (): readonly Problem[] => {
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
    isAbout(key) {
      wordedProblems()
      return keys.has(key)
    },
    withdraw(codes) {
      problems = wordedProblems().filter(({ code }) => !codes.includes(code))
    },
    problems: wordedProblems,
  }
}

/** File by file in the order in which they were read, and in a file from top to bottom. */
function inReadingOrder(problems: readonly Problem[]): readonly Problem[] {
  const files = [...new Set(problems.map(({ file }) => file))]
  const rank = ({ file, line = 0, column = 0 }: Problem): readonly number[] => [files.indexOf(file), line, column]
  return problems.toSorted((one, other) => {
    const [left, right] = [rank(one), rank(other)]
    return left.map((part, index) => part - (right[index] ?? 0)).find((difference) => difference !== 0) ?? 0
  })
}

/**
 * The one error that this library throws for a configuration that is not right.
 * `message` is ready to print; `issues` is the same as data; `JSON.stringify(error)` is safe to log.
 */
export class ConfigError extends Error {
  /** Said outright: what Node loads is built with short names. */
  static override readonly name: string = 'ConfigError'
  override readonly name = 'ConfigError'
  /** The code of the first issue. */
  readonly code: ProblemCode
  // Node prints the properties of an error that nobody catches, and the message has said it all.
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

  get issues(): readonly Problem[] {
    return this.#issues
  }

  /** What was noted besides, and would have been a result's `warnings`. */
  get warnings(): readonly Problem[] {
    return this.#warnings
  }

  /** The name of the profile that was loaded; undefined where there is none. */
  get profile(): string | undefined {
    return this.#profile
  }

  /** Where the load looked before it failed: what to watch for it to be mended. Empty where nothing was loaded. */
  get consulted(): Consulted {
    return this.#consulted
  }

  toJSON(): { name: string; code: ProblemCode; issues: readonly Problem[] } {
    return { name: this.name, code: this.code, issues: this.issues }
  }
}

/** What a {@link ConfigError} says besides its issues. */
export interface ConfigErrorContext {
  /** Heads the message. @default 'The configuration of profile … is not valid' */
  readonly title?: string
  /** The name of the profile that was loaded. */
  readonly profile?: string | undefined
  /** What was noted besides. @default [] */
  readonly warnings?: readonly Problem[]
  /** Where the load looked. @default nowhere */
  readonly consulted?: Consulted
}

const NOWHERE: Consulted = consultedOf(newTrail())

/** What a load threw, with where it looked if that is a {@link ConfigError}. */
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
 * Whether `error` is a {@link ConfigError}, with `code` among its issues if one is given. Works across
 * two copies of the package and between realms, since it looks at the name and not at the class.
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

/** A single problem thrown on the spot, for what makes going on pointless. */
export function configError(report: Report): ConfigError {
  return new ConfigError([toProblem(report, rememberedLines())])
}

/** Names and paths in a report may come from a hostile file, so nothing in it reaches a terminal unseen. */
function toProblem(report: Report, linesOf: LinesOf): Problem {
  const { code, message, remedy, key, at, unframed } = report
  const { file, name } = at?.source ?? {}
  const lines = at && linesOf(at.source)
  const frame = at && !unframed && !isSecretKey(key) ? frameAt(at, lines) : undefined
  return {
    code,
    message: printable(message),
    ...(remedy === undefined ? {} : { remedy: printable(remedy) }),
    ...(key === undefined ? {} : { key: printable(typeof key === 'string' ? key : formatPath(key)) }),
    ...(file === undefined ? {} : { file: printable(file) }),
    ...(file !== undefined || name === undefined ? {} : { name: printable(name) }),
    ...((at && positionOf(at, lines)) ?? {}),
    ...(frame === undefined ? {} : { frame }),
    docs: `@systemprompt/env/docs/errors.md#${code.toLowerCase()}`,
  }
}

/** A value below `tokens:` or `password:` may stand lines away from that word. */
function isSecretKey(key: Report['key']): boolean {
  const path = typeof key === 'string' ? (parsePath(key) ?? [key]) : (key ?? [])
  return path.some((segment) => typeof segment === 'string' && looksSecret(segment))
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
