import type { StandardSchemaV1 } from '@standard-schema/spec'
import { configError } from './errors.ts'
import type { Path } from './types.ts'

/**
 * A validation that may have to wait: it yields what the schema answered, a result or a promise of one,
 * and goes on when it is handed the result. So one body serves `loadConfig` and `loadConfigSync`.
 */
export type Validation<T> = Generator<Answer, T, StandardSchemaV1.Result<unknown>>
type Answer = StandardSchemaV1.Result<unknown> | PromiseLike<StandardSchemaV1.Result<unknown>>

/** @throws ConfigError ASYNC_SCHEMA when the schema answers with a promise */
export function runSync<T>(validation: Validation<T>): T {
  for (let step = validation.next(); ; ) {
    if (step.done) return step.value
    if (isPromise(step.value)) {
      // Nobody waits for it: its rejection must not end the process.
      const ignore = (): void => undefined
      step.value.then(ignore, ignore)
      throw configError({
        code: 'ASYNC_SCHEMA',
        key: 'schema',
        message: 'validates asynchronously, which loadConfigSync cannot wait for',
        remedy: 'use await loadConfig(), or a schema without asynchronous checks',
      })
    }
    step = validation.next(step.value)
  }
}

export async function runAsync<T>(validation: Validation<T>): Promise<T> {
  for (let step = validation.next(); ; ) {
    if (step.done) return step.value
    step = validation.next(await answerOf(step.value))
  }
}

async function answerOf(answer: Answer): Promise<StandardSchemaV1.Result<unknown>> {
  try {
    return await answer
  } catch {
    return THREW
  }
}

function isPromise(answer: Answer): answer is PromiseLike<StandardSchemaV1.Result<unknown>> {
  return 'then' in answer && typeof answer.then === 'function'
}

/** What a schema throws may repeat the value it was given, so nothing of it is passed on. */
const THREW: StandardSchemaV1.FailureResult = {
  issues: [{ message: 'could not be checked: the schema threw an error' }],
}

/** What a schema answers, or that it threw. */
export function ask(schema: StandardSchemaV1, value: unknown): Answer {
  try {
    return schema['~standard'].validate(value)
  } catch {
    return THREW
  }
}

/** The path of an issue, whichever of its two forms a segment has. */
export function pathOf(issue: StandardSchemaV1.Issue): Path {
  return (issue.path ?? []).map((segment) => {
    const key = typeof segment === 'object' ? segment.key : segment
    return typeof key === 'number' ? key : String(key)
  })
}
