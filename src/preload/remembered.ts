import { collectProblems } from '../errors/errors.ts'
import type { Trail } from '../files/trail.ts'
import type { LoadOptions, SettledOptions } from '../options/options.ts'
import { EXPIRY_NOTICE } from '../read/credentials.ts'
import type { Resolution } from '../resolve.ts'
import { areInputsUnchanged, type Inputs } from './inputs.ts'

interface Remembered {
  readonly resolution: Resolution
  readonly inputs: Inputs
}

/** The only state that this library keeps between calls: what the preload has resolved in this process. */
const memory: { last?: Remembered } = {}

/** Milliseconds in which a file can change twice with the same time: the resolution of the system's clock. */
const CLOCK_STEP = 20

/**
 * Keeps a resolution for the program's own load, unless a file changed while it was read.
 *
 * @param start when the resolution began, in milliseconds since 1970
 */
export function remember(resolution: Resolution, inputs: Inputs, start: number): void {
  if (inputs.changedAt < start - CLOCK_STEP) memory.last = { resolution, inputs }
}

/** Options that are applied only after everything is resolved. */
const LATE_OPTIONS: readonly (keyof LoadOptions)[] = ['schema', 'variables']

/**
 * What the preload resolved, if a load with these options would have the same result: it sets only late options, and no
 * file or variable that was used has changed. Undefined otherwise.
 */
export function recall(options: LoadOptions, { cwd, env, now }: SettledOptions, trail: Trail): Resolution | undefined {
  const { last } = memory
  const hasEarlyOptions = Object.entries(options).some(
    ([name, value]) => value !== undefined && !LATE_OPTIONS.some((late) => late === name),
  )
  if (!last || hasEarlyOptions || !areInputsUnchanged(last.inputs, cwd, env)) return undefined
  const { resolution } = last
  if (isExpiring(resolution, now)) return undefined
  const { problems, project } = resolution
  for (const file of problems.trail.files) trail.files.add(file)
  for (const directory of problems.trail.directories) trail.directories.add(directory)
  return { ...resolution, problems: collectProblems(() => project.profile?.name, trail, problems) }
}

/** Whether the report about a login depends on the time. */
function isExpiring({ layers: { credentials } }: Resolution, now: number): boolean {
  const ends = Date.parse(credentials?.expires_at ?? '')
  return ends - now <= EXPIRY_NOTICE
}
