import {
  CloudError,
  CUSTOM_LIST,
  cloudName,
  customList,
  editSecretsFile,
  FileError,
  isCloudError,
  missingFrom,
  mustBeEditable,
} from '../../../../cloud/for-commands.ts'
import { TENANT_CHANGE_ARGS } from '../../../args.ts'
import { defineCommand } from '../../../command.ts'
import { mustAgree } from '../../../confirm.ts'
import { EXIT, type Io } from '../../../io.ts'
import { shown } from '../../../output.ts'
import { type SecretsPlace, secretsFileOf } from '../../../project.ts'
import { mustBeNames } from '../../../secret-input.ts'
import { openTarget, type SecretsTarget } from '../../../secrets-target.ts'
import { CLOUD_EXITS, FAILED } from '../../../shapes.ts'
import { fixCustomList } from '../../../store-secrets.ts'
import { type Removal, removalExit, removeAll, reportRemoval } from './removal.ts'

export const unset = defineCommand({
  examples: [
    ['systemprompt cloud secrets unset STRIPE_KEY', 'Remove one secret, after asking'],
    ['systemprompt cloud secrets unset STRIPE_KEY OLD_KEY -y', 'Remove two secrets without asking'],
  ],
  output: 'One line with the names of the secrets. What failed, and why, goes to standard error.',
  json: {
    ok: 'boolean',
    tenant: 'string',
    dry_run: 'boolean',
    removed: 'string[]',
    failed: FAILED,
  },
  exits: [...CLOUD_EXITS, 'partial'],
  takesMany: true,
  args: {
    names: { type: 'positional', completes: 'cloud-secret', description: 'The names of the secrets' },
    ...TENANT_CHANGE_ARGS,
    local: { type: 'boolean', description: 'Remove them from secrets.json as well' },
  },
  async run({ args, io }) {
    const target = openTarget(args, io)
    const local = args.local ? secretsFileOf(target) : undefined
    const from = local ? `${shown(target.tenant)} and ${shown(local.shown)}` : shown(target.tenant)
    const { keys } = await target.client.listSecretKeys(target.tenant)
    const given = mustBeNames(args._)
    const typed = byNameInCloud(given, keys)
    const names = [...typed.keys()]
    const planned = plannedRemoval(typed, keys, local)
    if (args['dry-run']) {
      await target.client.close()
      reportRemoval(args, io, target.tenant, planned, from)
      const { removed, failed } = planned
      return failed.length === 0 ? EXIT.ok : removed.length === 0 ? EXIT.notFound : EXIT.partial
    }
    if (planned.removed.length > 0)
      await mustAgree(args, io, `Remove ${planned.removed.map(shown).join(', ')} from ${from}?`)
    if (local) await mustBeEditable(target.files, local.path, { unset: given, asInCloud: true })
    const inCloud = await removeAll(target, names)
    const removal = withFailures(
      local ? await removeLocally(inCloud, typed, target, local) : inCloud,
      await correctCustomList(target, keys, names, inCloud, io),
    )
    await target.client.close()
    const code = removalExit(removal)
    reportRemoval(args, io, target.tenant, removal, from)
    return code
  },
})

/** The names as typed, by the name in the cloud. Two names of one secret there may be those of two in the file. */
type Typed = ReadonlyMap<string, readonly string[]>

function byNameInCloud(given: readonly string[], keys: readonly string[]): Typed {
  const typed = new Map<string, string[]>()
  for (const name of given) {
    const key = nameIn(keys, name)
    typed.set(key, [...(typed.get(key) ?? []), name])
  }
  return typed
}

/** The result to expect, as far as the names tell. */
function plannedRemoval(typed: Typed, keys: readonly string[], file: SecretsPlace | undefined): Removal {
  const unset = [...typed.values()].flat()
  const absent = file ? missingFrom(file.path, { unset, asInCloud: true }) : unset
  const isInFile = (name: string): boolean => !absent.includes(name)
  const exists = (name: string): boolean => keys.includes(name) || (typed.get(name) ?? []).some(isInFile)
  const names = [...typed.keys()]
  const error = new CloudError('NOT_FOUND', 'The cloud has no such secret', {
    remedy: "'systemprompt cloud secrets list' shows the names",
  })
  return {
    removed: names.filter(exists),
    failed: names.filter((name) => !exists(name)).map((name) => ({ name, error })),
  }
}

function withFailures({ removed, failed }: Removal, more: Removal['failed']): Removal {
  return { removed, failed: [...failed, ...more] }
}

/**
 * Corrects the list of custom secrets after names are gone, removed now or by a command that was killed before it
 * updated the list. If that fails, the removed secrets stay removed.
 */
async function correctCustomList(
  target: SecretsTarget,
  before: readonly string[],
  names: readonly string[],
  { removed, failed }: Removal,
  io: Io,
): Promise<Removal['failed']> {
  const left = before.filter((name) => !removed.includes(name))
  const isListed = before.includes(CUSTOM_LIST) || customList(left) !== ''
  const wereRemovedBefore = customList(names) !== '' && failed.every(({ error }) => error.code === 'NOT_FOUND')
  if (!isListed || (removed.length === 0 && !wereRemovedBefore)) return []
  try {
    await fixCustomList(target, await target.client.listSecretKeys(target.tenant), io)
    return []
  } catch (error) {
    if (!isCloudError(error)) throw error
    return [{ name: CUSTOM_LIST, error }]
  }
}

/**
 * Removes from the file what is gone from the cloud. A secret that only the file had is removed too, and is not a
 * failure.
 */
async function removeLocally(
  { removed, failed }: Removal,
  typed: Typed,
  { files }: SecretsTarget,
  file: SecretsPlace,
): Promise<Removal> {
  const notFound = failed.filter(({ error }) => error.code === 'NOT_FOUND').map(({ name }) => name)
  try {
    const inFile = (name: string): readonly string[] => typed.get(name) ?? []
    const unset = [...removed, ...notFound].flatMap(inFile)
    const { missing } = await editSecretsFile(files, file.path, { unset, asInCloud: true })
    const foundInFile = notFound.filter((name) => inFile(name).some((spelling) => !missing.includes(spelling)))
    return { removed: [...removed, ...foundInFile], failed: failed.filter(({ name }) => !foundInFile.includes(name)) }
  } catch (error) {
    if (!(error instanceof FileError)) throw error
    return { removed, failed: [...failed, { name: file.shown, error }] }
  }
}

/** The secret's name in the cloud, unless the cloud has one that is called exactly as typed, in capitals. */
function nameIn(keys: readonly string[], name: string): string {
  const exact = name.toUpperCase().replace(/[-.]/g, '_')
  return keys.includes(exact) ? exact : cloudName(name)
}
