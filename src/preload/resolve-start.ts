import { injectedVariables } from '../environment/injected.ts'
import { type Problem, withTrail } from '../errors/errors.ts'
import { writeCacheFile } from '../files/cache-file.ts'
import { newTrail, type Trail } from '../files/trail.ts'
import { withDefaults } from '../options/options.ts'
import { type Resolution, resolve } from '../resolve.ts'
import { inputsOf, recordVariables } from './inputs.ts'
import { makePlan } from './make-plan.ts'
import { encodePlan, type Start } from './plan.ts'
import { remember } from './remembered.ts'

/** Where to write the plan for the next start. */
export interface PlanLocation {
  readonly file: string
  /** The `node_modules` that it is in. */
  readonly modules: string
  readonly uid: number | undefined
}

export interface ResolvedStart {
  /** The variables to set. */
  readonly values: Readonly<Record<string, string>>
  /** Whether there is no project; inherited variables then stay. */
  readonly isOutside: boolean
  /** The files that the load looked for, existing or not. */
  readonly files: ReadonlySet<string>
  /** Worded only when they are read, since few starts print them. */
  warnings(): readonly Problem[]
}

/**
 * Resolves what a preload sets from the files. Keeps the result for the program's own load, and writes a plan for the
 * next start.
 *
 * @throws ConfigError with all problems at once
 */
export function resolveStart(start: Start, place: PlanLocation | undefined): ResolvedStart {
  const trail = newTrail()
  try {
    return resolveWithTrail(start, place, trail)
  } catch (error) {
    throw withTrail(error, trail)
  }
}

function resolveWithTrail(start: Start, place: PlanLocation | undefined, trail: Trail): ResolvedStart {
  const { cwd, env } = start
  const recorded = recordVariables(env)
  const settled = withDefaults({ cwd, env: recorded.env })
  const resolution = resolve(settled, trail)
  const { project, problems, secrets } = resolution
  problems.throwIfAny()
  const names = secrets.map((secret) => secret.env)
  const values = injectedVariables({ env: resolution.env, profile: project.profile, secrets: names }, recorded.env)
  const inputs = inputsOf(cwd, env, recorded.names, trail)
  remember(resolution, inputs, settled.now)
  const outside = isOutside(resolution)
  const kept = outside ? undefined : place
  const plan = kept && makePlan(start, values, resolution, inputs, settled.now)
  if (plan) writeCacheFile(kept.file, encodePlan(plan), kept.modules, kept.uid)
  return { values, isOutside: outside, files: trail.files, warnings: () => problems.warnings }
}

/** A variable such as `SSL_CERT_FILE` or `DATABASE_URL_FILE` is a reason to look, but does not make a project. */
function isOutside({ project, layers }: Resolution): boolean {
  return !project.found && project.profile === undefined && layers.dotenvFiles.files.length === 0
}
