import { planSync, readSyncRecord, toCloudSecrets } from '../../../../cloud/for-commands.ts'
import { TENANT_ARGS } from '../../../args.ts'
import { defineCommand } from '../../../command.ts'
import { EXIT } from '../../../io.ts'
import { printJson } from '../../../output.ts'
import { localSecretsOf } from '../../../project.ts'
import { openTarget } from '../../../secrets-target.ts'
import { CLOUD_EXITS, PLAN } from '../../../shapes.ts'
import { leftAlone, planData, planTable } from './plan-table.ts'

export const diff = defineCommand({
  examples: [['systemprompt cloud secrets diff --profile production', 'Show what a sync would change']],
  output: 'A table of names and states.',
  json: { tenant: 'string', ...PLAN },
  exits: CLOUD_EXITS,
  args: TENANT_ARGS,
  async run({ args, io }) {
    const target = openTarget(args, io)
    const local = localSecretsOf(target)
    const { keys } = await target.client.listSecretKeys(target.tenant)
    await target.client.close()
    const plan = planSync(toCloudSecrets(local.secrets), keys, readSyncRecord(target), {
      prune: false,
      all: false,
    })
    if (args.json) printJson(io, { tenant: target.tenant, ...planData(plan) })
    else io.out(`${[planTable(io, plan), ...leftAlone(plan).map((line) => `\n${line}`)].join('\n')}\n`)
    return EXIT.ok
  },
})
