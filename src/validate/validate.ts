import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Problems } from '../errors/errors.ts'
import { formatPath } from '../path.ts'
import { settingNameOf } from '../schema/setting-name.ts'
import { MASK } from '../secrets/secret.ts'
import type { Path } from '../types.ts'
import { ask, pathOf, type Question, schemaFault, type Validation } from './ask-schema.ts'
import { Coercion } from './coercion.ts'
import { holdsSecret, reportIssues } from './schema-issues.ts'

export interface Validated {
  /** The input that the schema was last asked about, with converted types. */
  readonly input?: unknown
  /** What the schema returned for the configuration; absent if none was asked. */
  readonly output?: unknown
  /** Paths of values whose type was changed for the schema. */
  readonly coerced: ReadonlySet<string>
}

/** How often values are tried with other types. A schema that stops at the first problem needs one round per value. */
const ROUNDS = 1000

/**
 * Asks a schema about the configuration. If it rejects a value that is a string, or was typed from one, the types that
 * the string can be converted to are tried: number, boolean, list. If it silently accepts `"false"` as true, as
 * JavaScript does, it is asked again with false.
 */
export function* validate(question: Question, problems: Problems): Validation<Validated> {
  const { tree, schema, option } = question
  let coercion = new Coercion(tree)
  let result = yield* askUntilSettled(schema, coercion, problems)
  if (schemaFault(result)) {
    // A function for strings throws for other types; with one value at a time it is clear which one caused it.
    coercion = new Coercion(tree, { oneByOne: true })
    result = yield* askUntilSettled(schema, coercion, problems)
  }
  if (result.issues) {
    reportSchemaFault(result, option, problems)
    yield* reportIssues(question, coercion.input, result.issues, problems)
    return { output: coercion.input, coerced: coercion.coerced }
  }
  return { input: coercion.input, output: result.value, coerced: coercion.coerced }
}

/** The schema's final answer. */
function* askUntilSettled(
  schema: StandardSchemaV1,
  coercion: Coercion,
  problems: Problems,
): Validation<StandardSchemaV1.Result<unknown>> {
  let answer = yield ask(schema, coercion.input)
  let lastValid = answer
  for (let round = 0; round < ROUNDS; round++) {
    const changed = lastValid.issues
      ? coercion.retype(lastValid.issues)
      : yield* coercion.correctBooleans(schema, lastValid.value, problems)
    if (!changed) break
    answer = yield ask(schema, coercion.input)
    if (!schemaFault(answer)) lastValid = answer
    else if (!coercion.oneByOne) return answer
  }
  const isSettled = answer.issues !== undefined && (yield* coercion.settle(schema, answer.issues))
  return isSettled ? yield ask(schema, coercion.input) : answer
}

/** Asks a schema about the secrets. Its messages are never shown, since they may repeat a value. */
export function* validateSecrets(
  values: Readonly<Record<string, string>>,
  schema: StandardSchemaV1,
  missing: 'error' | 'warn',
  problems: Problems,
): Validation<void> {
  const result = yield ask(schema, values)
  reportSchemaFault(result, 'secrets.schema', problems)
  const holds = holdsSecret(Object.values(values))
  for (const issue of result.issues ?? []) {
    const path = pathOf(issue)
    const key = formatPath(
      path.map((step) => (Object.hasOwn(values, String(step)) || !holds(String(step)) ? step : MASK)),
    )
    if (key !== '' && problems.isReported(key)) continue
    const [name] = path
    const isMissing = name !== undefined && !Object.hasOwn(values, String(name))
    // A problem with all secrets together may be that one of two alternatives is missing.
    problems[isMissing || name === undefined ? missing : 'error']({
      code: isMissing ? 'SECRET_MISSING' : 'SECRET_INVALID',
      key: key === '' ? 'secrets' : key,
      message: isMissing
        ? 'is not set; the schema for secrets requires it'
        : 'is not what the schema for secrets accepts',
      remedy: isMissing
        ? 'set it; where only the environment has it, name it in secrets.required as well'
        : 'check its value where it is set',
    })
  }
}

/** It has no position in a file, since the schema is what has to be fixed. */
function reportSchemaFault(result: StandardSchemaV1.Result<unknown>, option: string, problems: Problems): void {
  const fault = schemaFault(result)
  if (fault) problems.error({ key: option, ...fault })
}

/** What to do about a missing key of the configuration. Without a profile, nothing can be added to one. */
export function remedyForKey(path: Path, { hasProfile }: { readonly hasProfile: boolean }): string {
  const variable = settingNameOf(path)
  const profile = hasProfile ? 'add it to the profile' : "create a profile for it with 'systemprompt init'"
  if (variable !== undefined)
    return hasProfile
      ? `${profile}, or set ${variable}`
      : `set ${variable} in the environment or in .env, or ${profile}`
  return isCalledAsVariable(path) ? `pass a schema for variables in the option variables, or ${profile}` : profile
}

function isCalledAsVariable([name, ...rest]: Path): boolean {
  return rest.length === 0 && typeof name === 'string' && /^[A-Z][A-Z0-9_]*$/.test(name)
}
