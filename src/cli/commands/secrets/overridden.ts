import { secretName } from '../../../cloud/for-commands.ts'
import { isConfigError, loadConfig } from '../../../index.ts'
import type { Args } from '../../args.ts'
import type { Io } from '../../io.ts'
import { loadOptionsOfBuild } from '../../options.ts'
import { placeOf, shown } from '../../output.ts'
import { printWarnings } from '../../warnings.ts'

/** Reports which of these secrets programs do not get from the file. The next load reports everything else. */
export async function reportOverridden(names: readonly string[], args: Args, io: Io): Promise<void> {
  const variables = names.map((name) => secretName(name).env)
  try {
    const { warnings, explain } = await loadConfig(loadOptionsOfBuild(args, io))
    // Not for a whole .env file: its variables are known to be set there, since they are being moved.
    for (const name of args['from-file'] === undefined ? variables : []) {
      const origin = explain(name)[0]?.origin
      if (origin?.layer !== 'environment' && origin?.layer !== 'dotenv') continue
      const place = origin.file === undefined ? 'the environment' : shown(placeOf(origin))
      io.err(`${shown(name)} is also set in ${place}, which takes precedence over secrets.json\n`)
    }
    printWarnings(
      io,
      warnings.filter(({ code, key = '' }) => code === 'BLOCKED_NAME' && variables.includes(key)),
    )
  } catch (error) {
    if (!isConfigError(error)) throw error
  }
}
