import { cloudName, editSecretsFile } from '../../../../cloud/index.ts'
import { defineCommand } from '../../../command.ts'
import type { Io } from '../../../io.ts'
import { printJson, shown, styled } from '../../../output.ts'
import { mustBeNames } from '../../../secret-input.ts'
import {
  mendCustomList,
  openTarget,
  type Removal,
  removalExit,
  removeAll,
  secretsFileOf,
} from '../../../secrets-target.ts'
import { type Args, mustAgree } from '../../../session.ts'
import { CLOUD_EXITS } from '../../../shapes.ts'
import { SECRETS_ARGS } from './args.ts'
import { count } from './plan-table.ts'

export const unset = defineCommand({
  examples: [
    ['systemprompt cloud secrets unset STRIPE_KEY', 'Remove one, after asking'],
    ['systemprompt cloud secrets unset STRIPE_KEY OLD_KEY -y', 'Remove two, without a question'],
  ],
  output: 'One line with the names; what failed, and why, on the error output.',
  json: {
    ok: 'boolean',
    tenant: 'string',
    dry_run: 'boolean',
    removed: 'string[]',
    failed: [{ name: 'string', code: 'string', message: 'string' }],
  },
  exits: [...CLOUD_EXITS, 'partial'],
  args: {
    names: { type: 'positional', completes: 'cloud-secret', description: 'The names of the secrets' },
    ...SECRETS_ARGS,
    local: { type: 'boolean', description: 'Remove them from secrets.json as well' },
  },
  async run({ args, data }) {
    const io = data as Io
    const target = openTarget(args, io)
    const local = args.local ? secretsFileOf(target) : undefined
    const { keys } = await target.client.listSecretKeys(target.tenant)
    const given = mustBeNames(args._)
    const names = [...new Set(given.map((name) => nameIn(keys, name)))]
    if (args['dry-run']) {
      const known = names.filter((name) => keys.includes(name))
      report(args, io, target.tenant, { removed: known, failed: [] })
      return 0
    }
    await mustAgree(args, io, `Remove ${names.map(shown).join(', ')} from ${shown(target.tenant)}?`)
    const { removed, failed } = await removeAll(target, names)
    const left = keys.filter((name) => !removed.includes(name))
    const removal = { removed, failed: [...failed, ...(removed.length > 0 ? await mendCustomList(target, left) : [])] }
    if (local) await editSecretsFile(target.files, local.path, { unset: removed })
    await target.client.close()
    const code = removalExit(removal)
    report(args, io, target.tenant, removal)
    return code
  },
})

/** What was typed, in capitals; the secret that it is another spelling of, where the cloud has only that. */
function nameIn(keys: readonly string[], name: string): string {
  const exact = name.toUpperCase().replace(/[-.]/g, '_')
  return keys.includes(exact) || !keys.includes(cloudName(name)) ? exact : cloudName(name)
}

/** Both lists, also where only a part was done. */
export function report(args: Args, io: Io, tenant: string, { removed, failed }: Removal): void {
  const isDry = args['dry-run'] === true
  if (args.json) {
    const failures = failed.map(({ name, error }) => ({ name, code: error.code, message: error.message }))
    printJson(io, { ok: failed.length === 0, tenant, dry_run: isDry, removed, failed: failures })
    return
  }
  if (removed.length > 0 && !args.quiet) {
    const done = isDry ? 'Would remove' : `${styled(io, 'green', '✔')} Removed`
    io.out(`${done} ${count(removed.length)} from ${shown(tenant)}: ${removed.map(shown).join(', ')}\n`)
  }
  for (const { name, error } of failed) io.err(`✖ ${shown(name)}: ${error.message}\n`)
}
