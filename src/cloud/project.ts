import { dirname, join } from 'node:path'
import { type DiscoverOptions, findProjectRoot, profileNames } from '../discover.ts'
import { collectProblems } from '../errors/errors.ts'
import { displayPath } from '../files/paths.ts'
import { prepareState } from '../files/state.ts'
import { newTrail } from '../files/trail.ts'
import { updateFile } from '../files/update.ts'
import { parseJson } from '../read/json.ts'
import { toPlain } from '../tree.ts'
import { jsonText } from './json-file.ts'

/** A project's `.systemprompt` directory, whether or not it exists, and whatever its profiles contain. Absolute. */
export function findStateDirectory(options: DiscoverOptions): string {
  return join(findProjectRoot(options), '.systemprompt')
}

/** The names of a project's profiles, sorted. */
export function profilesIn(state: string): readonly string[] {
  return profileNames(dirname(state), newTrail())
}

/**
 * Makes a profile the session's active one; everything else in sessions/index.json is kept.
 *
 * @throws ConfigError if the file cannot be read; it is left unchanged
 */
export async function activateProfile(state: string, name: string): Promise<void> {
  const file = join(state, 'sessions', 'index.json')
  await prepareState(state)
  await updateFile(file, (text = '') => {
    const others = text.trim() === '' ? {} : objectIn(text, displayPath(dirname(state), file))
    return jsonText({ ...others, active_profile_name: name })
  })
}

function objectIn(text: string, shown: string): object {
  const problems = collectProblems()
  const source = { layer: 'profile', file: shown, text: text.replace(/^\ufeff/, ''), confidential: true } as const
  const tree = parseJson(source, problems)
  problems.throwIfAny()
  return tree ? (toPlain(tree) as object) : {}
}
