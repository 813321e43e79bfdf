import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Report } from '../errors/errors.ts'
import type { Wording } from '../read/guard.ts'
import type { MapNode, Path } from '../types.ts'

/**
 * A validation that may have to wait: it yields what the schema answered, a result or a promise of one,
 * and goes on when it is handed the result. So one body serves `loadConfig` and `loadConfigSync`.
 */
export type Validation<T> = Generator<Answer, T, Result>
type Result = StandardSchemaV1.Result<unknown>
type Answer = Result | PromiseLike<Result>

/** What a schema is asked about. */
export interface Question {
  readonly tree: MapNode
  readonly schema: StandardSchemaV1
  /** The option that gave the schema. */
  readonly option: 'schema' | 'variables'
  /** Every text that no message may repeat. */
  readonly secrets: () => Iterable<string>
  /** What to do about a value that is not there. */
  readonly remedy: (path: Path) => string
}

/** A schema that answers with a promise is one that misbehaves. */
export function runSync<T>(validation: Validation<T>): T {
  for (let step = validation.next(); ; ) {
    if (step.done) return step.value
    step = validation.next(isPromise(step.value) ? unawaited(step.value) : step.value)
  }
}

/** Nobody waits for it: its rejection must not end the process. */
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

/** What a schema answers, or that it threw. */
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

/** Read here, where something that throws is an answer too. */
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

/** What a schema throws may repeat the value it was given, so nothing of it is passed on. */
const THREW: StandardSchemaV1.FailureResult = { issues: [] }
const NO_RESULT: StandardSchemaV1.FailureResult = { issues: [] }
const PROMISED: StandardSchemaV1.FailureResult = { issues: [] }

const MISBEHAVIOUR: ReadonlyMap<Result, Wording & Pick<Report, 'code'>> = new Map([
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
      // zod tries anew, asynchronously, where a function throws.
      message:
        'returns a promise, which loadConfigSync cannot wait for: it is asynchronous, or a function in it throws',
      remedy: 'use await loadConfig(), or a schema without asynchronous checks that reports issues and does not throw',
    },
  ],
])

/** What is wrong with the schema itself, where it gave no answer to speak of. */
export function misbehaviourOf(result: Result): (Wording & Pick<Report, 'code'>) | undefined {
  return MISBEHAVIOUR.get(result)
}

/** The path of an issue, whichever of its two forms a segment has. */
export function pathOf(issue: StandardSchemaV1.Issue): Path {
  return (issue.path ?? []).map((segment) => {
    const key = typeof segment === 'object' ? segment.key : segment
    return typeof key === 'number' ? key : String(key)
  })
}
