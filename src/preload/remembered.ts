import { collectProblems } from '../errors/errors.ts'
import type { Trail } from '../files/trail.ts'
import type { LoadOptions, SettledOptions } from '../options/options.ts'
import { EXPIRY_NOTICE } from '../read/credentials.ts'
import type { Resolution } from '../resolve.ts'
import { type Inputs, inputsHold } from './inputs.ts'

interface Remembered {
  readonly resolution: Resolution
  readonly inputs: Inputs
}

/** The one thing that this library keeps between calls: what the preload has resolved in this process. */
const memory: { last?: Remembered } = {}

/** Milliseconds in which a file can change twice without its times telling: the steps of the system's clock. */
const CLOCK_STEP = 20

/**
 * Keeps a resolution for the program's own load, unless a file changed while it was read.
 *
 * @param start when the resolution began, in milliseconds since 1970
 */
export function remember(resolution: Resolution, inputs: Inputs, start: number): void {
  if (inputs.changedAt < start - CLOCK_STEP) memory.last = { resolution, inputs }
}

/** Options that are asked about after everything is resolved. */
const LATE: readonly (keyof LoadOptions)[] = ['schema', 'variables']

/**
 * What the preload resolved, if a load with these options would come to the same: it asks for nothing else, and no
 * file and no variable that took part has changed. Undefined otherwise.
 */
export function recall(options: LoadOptions, { cwd, env, now }: SettledOptions, trail: Trail): Resolution | undefined {
  const { last } = memory
  const asksMore = Object.entries(options).some(
    ([name, value]) => value !== undefined && !LATE.some((late) => late === name),
  )
  if (!last || asksMore || !inputsHold(last.inputs, cwd, env)) return undefined
  const { resolution } = last
  if (isExpiring(resolution, now)) return undefined
  const { problems, project } = resolution
  for (const file of problems.trail.files) trail.files.add(file)
  for (const directory of problems.trail.directories) trail.directories.add(directory)
  return { ...resolution, problems: collectProblems(() => project.profile?.name, trail, problems) }
}

/** Whether what is said of a login hangs on the hour at which it is asked. */
function isExpiring({ layers: { credentials } }: Resolution, now: number): boolean {
  const ends = Date.parse(credentials?.expires_at ?? '')
  return ends - now <= EXPIRY_NOTICE
}
