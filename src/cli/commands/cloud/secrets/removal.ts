import { type CloudError, FileError, isCloudError, updateSyncRecord } from '../../../../cloud/for-commands.ts'
import type { Args } from '../../../args.ts'
import { EXIT, type Io } from '../../../io.ts'
import { count, printJson, shown, styled } from '../../../output.ts'
import type { SecretsTarget } from '../../../secrets-target.ts'

/** The result of removing secrets one after another. */
export interface Removal {
  readonly removed: readonly string[]
  readonly failed: readonly { readonly name: string; readonly error: CloudError | FileError }[]
}

/** Removes secrets one by one; after a failure that affects all of them, the rest is not tried. */
export async function removeAll(target: SecretsTarget, names: readonly string[]): Promise<Removal> {
  const { client, tenant } = target
  const removed: string[] = []
  const failed: { name: string; error: CloudError }[] = []
  try {
    // First, so that a command that is killed leaves no record of secrets that are gone.
    await updateSyncRecord(target, { removed: names })
  } catch (error) {
    if (!(error instanceof FileError)) throw error
    return { removed, failed: names.map((name) => ({ name, error })) }
  }
  for (const name of names) {
    const stopped = failed.find(({ error }) => !['NOT_FOUND', 'NOT_ACCEPTED'].includes(error.code))
    if (stopped) {
      failed.push({ name, error: stopped.error })
      continue
    }
    try {
      await client.unsetSecret(tenant, name)
      removed.push(name)
    } catch (error) {
      if (!isCloudError(error)) throw error
      failed.push({ name, error })
    }
  }
  return { removed, failed }
}

/** The exit code for how much was removed. Throws the first error if nothing was. */
export function removalExit({ removed, failed }: Removal): number {
  const [first] = failed
  if (!first) return EXIT.ok
  if (removed.length > 0) return EXIT.partial
  const { error } = first
  throw error
}

/**
 * Reports both lists, even if only some were removed.
 *
 * @param from where they were removed, for display
 */
export function reportRemoval(
  args: Args,
  io: Io,
  tenant: string,
  { removed, failed }: Removal,
  from = shown(tenant),
): void {
  const isDry = args['dry-run'] === true
  if (args.json) {
    printJson(io, { ok: failed.length === 0, tenant, dry_run: isDry, removed, failed: failures(failed) })
    return
  }
  if (removed.length > 0 && !args.quiet) {
    const done = isDry ? 'Would remove' : `${styled(io, 'green', '✔')} Removed`
    io.out(`${done} ${count(removed.length, 'secret')} from ${from}: ${removed.map(shown).join(', ')}\n`)
  }
  printFailed(io, failed)
}

export function failures(failed: Removal['failed']) {
  return failed.map(({ name, error }) => ({ name, code: error.code, message: error.message }))
}

export function printFailed(io: Io, failed: Removal['failed']): void {
  for (const { name, error } of failed) io.err(`✖ ${shown(name)}: ${error.message}\n`)
}
