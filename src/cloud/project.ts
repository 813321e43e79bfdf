import { dirname, join } from 'node:path'
import { type DiscoverOptions, findProjectRoot, profileNames } from '../discover.ts'
import { prepareState } from '../files/state.ts'
import { updateFile } from '../files/update.ts'
import { newTrail } from '../trail.ts'
import { readObject } from './credentials.ts'

/** A project's `.systemprompt` directory, whether or not it is there yet, and whatever its profiles hold. Absolute. */
export function findStateDirectory(options: DiscoverOptions): string {
  return join(findProjectRoot(options), '.systemprompt')
}

/** The names of a project's profiles, sorted. */
export function listProfiles(state: string): readonly string[] {
  return profileNames(dirname(state), newTrail())
}

/** Makes a profile the active one of the session; what else sessions/index.json holds stays. */
export async function activateProfile(state: string, name: string): Promise<void> {
  const file = join(state, 'sessions', 'index.json')
  await prepareState(state)
  await updateFile(file, () => `${JSON.stringify({ ...readObject(file), active_profile_name: name }, null, 2)}\n`)
}
