import { isStale } from '../../../../cloud/for-commands.ts'
import { TENANT_CHANGE_ARGS } from '../../../args.ts'
import { defineCommand } from '../../../command.ts'
import { mustAgree } from '../../../confirm.ts'
import { EXIT } from '../../../io.ts'
import { printJson, shown } from '../../../output.ts'
import { openTarget } from '../../../secrets-target.ts'
import { CLOUD_EXITS, FAILED } from '../../../shapes.ts'
import { removalExit, removeAll, reportRemoval } from './removal.ts'

export const cleanup = defineCommand({
  examples: [
    ['systemprompt cloud secrets cleanup --dry-run', 'Show what would be removed'],
    ['systemprompt cloud secrets cleanup', 'Remove them, after asking'],
  ],
  output: 'One line with the names of the secrets.',
  json: {
    ok: 'boolean',
    tenant: 'string',
    dry_run: 'boolean',
    removed: 'string[]',
    'stale?': 'string[]',
    failed: FAILED,
  },
  exits: [...CLOUD_EXITS, 'partial'],
  args: TENANT_CHANGE_ARGS,
  async run({ args, io }) {
    const target = openTarget(args, io)
    const { keys } = await target.client.listSecretKeys(target.tenant)
    const stale = keys.filter(isStale).sort()
    if (stale.length === 0 || args['dry-run']) {
      if (args.json)
        printJson(io, {
          ok: true,
          tenant: target.tenant,
          dry_run: args['dry-run'] === true,
          removed: [],
          stale,
          failed: [],
        })
      else if (!args.quiet) io.out(`${stale.length === 0 ? NOTHING : `Would remove ${stale.join(', ')}`}\n`)
      return EXIT.ok
    }
    await mustAgree(args, io, `Remove ${stale.join(', ')} from ${shown(target.tenant)}? Nothing reads them.`)
    const removal = await removeAll(target, stale)
    await target.client.close()
    const code = removalExit(removal)
    reportRemoval(args, io, target.tenant, removal)
    return code
  },
})

/** Somebody who has just seen a secret that is only in the cloud may expect this command to remove it. */
const NOTHING =
  "There is nothing that earlier tools sent by mistake. 'systemprompt cloud secrets sync --prune' removes what secrets.json does not have."
