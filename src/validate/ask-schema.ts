import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Report } from '../errors/errors.ts'
import type { MessageText } from '../read/guard.ts'
import type { MapNode, Path } from '../types.ts'

/**
 * A validation that may have to wait: it yields the schema's answer, a result or a promise of one, and continues when
 * it is given the result. This way `loadConfig` and `loadConfigSync` share the same code.
 */
export type Validation<T> = Generator<Answer, T, Result>
type Result = StandardSchemaV1.Result<unknown>
type Answer = Result | PromiseLike<Result>

/** A schema, and what it is asked about. */
export interface Question {
  readonly tree: MapNode
  readonly schema: StandardSchemaV1
  /** The option that the schema comes from. */
  readonly option: 'schema' | 'variables'
  /** Every string that no message may repeat. */
  readonly secrets: () => Iterable<string>
  /** What to do about a missing value. */
  readonly remedy: (path: Path) => string
}

/** A schema that returns a promise counts as misbehaving. */
export function runSync<T>(validation: Validation<T>): T {
  for (let step = validation.next(); ; ) {
    if (step.done) return step.value
    step = validation.next(isPromise(step.value) ? unawaited(step.value) : step.value)
  }
}

/** Nobody awaits it, and its rejection must not end the process. */
function unawaited(answer: PromiseLike<Result>): Result {
  const ignore = (): void => undefined
  answer.then(ignore, ignore)
  return PROMISED
}

export async function runAsync<T>(validation: Validation<T>): Promise<T> {
  for (let step = validation.next(); ; ) {
    if (step.done) return step.value
    step = validation.next(await answerOf(step.value))
  }
}

async function answerOf(answer: Answer): Promise<Result> {
  try {
    return isPromise(answer) ? resultOf(await answer) : answer
  } catch {
    return THREW
  }
}

/** The schema's answer, or the fact that it threw. */
export function ask(schema: StandardSchemaV1, value: unknown): Answer {
  try {
    const answer: unknown = schema['~standard'].validate(value)
    return isPromise(answer) ? answer : resultOf(answer)
  } catch {
    return THREW
  }
}

function isPromise(answer: unknown): answer is PromiseLike<Result> {
  return typeof answer === 'object' && answer !== null && 'then' in answer && typeof answer.then === 'function'
}

/** Copied here, where a getter that throws counts as the schema's answer. */
function resultOf(answer: unknown): Result {
  if (!isResult(answer)) return NO_RESULT
  return answer.issues ? { issues: answer.issues } : { value: answer.value }
}

function isResult(answer: unknown): answer is Result {
  if (typeof answer !== 'object' || answer === null) return false
  if (!('issues' in answer) || !answer.issues) return true
  return Array.isArray(answer.issues) && answer.issues.every(isIssue)
}

function isIssue(issue: unknown): boolean {
  if (typeof issue !== 'object' || issue === null) return false
  const { message, path }: { message?: unknown; path?: unknown } = issue
  return typeof message === 'string' && (path === undefined || (Array.isArray(path) && path.every(isSegment)))
}

function isSegment(segment: unknown): boolean {
  return segment !== null && segment !== undefined && (typeof segment !== 'object' || 'key' in segment)
}

/** An error that a schema throws may repeat the value, so none of it is passed on. */
const THREW: StandardSchemaV1.FailureResult = { issues: [] }
const NO_RESULT: StandardSchemaV1.FailureResult = { issues: [] }
const PROMISED: StandardSchemaV1.FailureResult = { issues: [] }

const SCHEMA_FAULTS: ReadonlyMap<Result, MessageText & Pick<Report, 'code'>> = new Map([
  [
    THREW,
    {
      code: 'SCHEMA',
      message: 'threw an error, which is not shown because it may repeat a value',
      remedy: 'report an issue in the schema instead of throwing',
    },
  ],
  [
    NO_RESULT,
    {
      code: 'SCHEMA',
      message: 'returned something that is not a result',
      remedy: 'return { value } or { issues } from its validate function',
    },
  ],
  [
    PROMISED,
    {
      code: 'ASYNC_SCHEMA',
      // zod retries asynchronously if a function throws.
      message:
        'returns a promise, which loadConfigSync cannot wait for: it is asynchronous, or a function in it throws',
      remedy: 'use await loadConfig(), or a schema without asynchronous checks that reports issues and does not throw',
    },
  ],
])

/** What is wrong with the schema itself, if it gave no usable answer. */
export function schemaFault(result: Result): (MessageText & Pick<Report, 'code'>) | undefined {
  return SCHEMA_FAULTS.get(result)
}

/** The path of an issue, whose segments can have two forms. */
export function pathOf(issue: StandardSchemaV1.Issue): Path {
  return (issue.path ?? []).map((segment) => {
    const key = typeof segment === 'object' ? segment.key : segment
    return typeof key === 'number' ? key : String(key)
  })
}
