import { collectProblems } from './errors.ts'
import { type Inputs, inputsHold } from './inputs.ts'
import type { LoadOptions, SettledOptions } from './options.ts'
import type { Resolution } from './resolve.ts'
import type { Trail } from './trail.ts'

interface Remembered {
  readonly resolution: Resolution
  readonly inputs: Inputs
}

/** The one thing that this library keeps between calls: what the preload has resolved in this process. */
const memory: { last?: Remembered } = {}

/** Keeps a resolution for the program's own load. */
export function remember(resolution: Resolution, inputs: Inputs): void {
  memory.last = { resolution, inputs }
}

/** Options that are asked about after everything is resolved. */
const LATE: readonly (keyof LoadOptions)[] = ['schema']

/**
 * What the preload resolved, if a load with these options would come to the same: it asks for nothing else, and no
 * file and no variable that took part has changed. Undefined otherwise.
 */
export function recall(options: LoadOptions, { cwd, env }: SettledOptions, trail: Trail): Resolution | undefined {
  const { last } = memory
  const asksMore = Object.entries(options).some(
    ([name, value]) => value !== undefined && !LATE.some((late) => late === name),
  )
  if (!last || asksMore || !inputsHold(last.inputs, cwd, env)) return undefined
  const { resolution } = last
  const { problems, project } = resolution
  for (const file of problems.trail.files) trail.files.add(file)
  for (const directory of problems.trail.directories) trail.directories.add(directory)
  return { ...resolution, problems: collectProblems(() => project.profile?.name, trail, problems) }
}
