import { TENANT_ARGS } from '../../../args.ts'
import { defineCommand } from '../../../command.ts'
import { EXIT } from '../../../io.ts'
import { printJson, shown } from '../../../output.ts'
import { openTarget } from '../../../secrets-target.ts'
import { CLOUD_EXITS } from '../../../shapes.ts'

export const list = defineCommand({
  examples: [['systemprompt cloud secrets list', 'One name per line; the service never returns values']],
  output: 'One name per line.',
  json: { tenant: 'string', keys: 'string[]' },
  exits: CLOUD_EXITS,
  args: TENANT_ARGS,
  async run({ args, io }) {
    const { client, tenant } = openTarget(args, io)
    const keys = [...(await client.listSecretKeys(tenant)).keys].sort()
    await client.close()
    if (args.json) printJson(io, { tenant, keys })
    else if (keys.length > 0) io.out(`${keys.map(shown).join('\n')}\n`)
    else io.err(`${shown(tenant)} has no secrets. 'systemprompt cloud secrets sync' sends those of secrets.json.\n`)
    return EXIT.ok
  },
})
