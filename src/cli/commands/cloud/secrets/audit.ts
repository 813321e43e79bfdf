import { type AuditEntry, cloudName } from '../../../../cloud/for-commands.ts'
import { type Args, TENANT_ARGS, text, wholeNumber } from '../../../args.ts'
import { defineCommand } from '../../../command.ts'
import { EXIT } from '../../../io.ts'
import { type Fitting, printJson, table } from '../../../output.ts'
import { mustBeName } from '../../../secret-input.ts'
import { openTarget, type SecretsTarget } from '../../../secrets-target.ts'
import { CLOUD_EXITS } from '../../../shapes.ts'

/** How many pages are searched for one key. */
const MAX_PAGES = 20

export const audit = defineCommand({
  examples: [
    ['systemprompt cloud secrets audit --limit 10', 'The last ten actions'],
    ['systemprompt cloud secrets audit --key DATABASE_URL', 'Who set or removed one secret'],
  ],
  output: 'A table of time, actor, action, secret and client, newest first.',
  json: {
    tenant: 'string',
    entries: [{ at: 'string', actor: 'string', action: 'string', key: 'string', 'client?': 'string|null' }],
  },
  exits: CLOUD_EXITS,
  args: {
    ...TENANT_ARGS,
    limit: { type: 'string', valueHint: 'number', description: 'Number of entries [default: 50]' },
    key: {
      type: 'string',
      valueHint: 'name',
      completes: 'cloud-secret',
      description: 'Only entries for this secret',
    },
  },
  async run({ args, io }) {
    const target = openTarget(args, io)
    const { entries, nothing } = await searchLog(target, args)
    await target.client.close()
    if (args.json) printJson(io, { tenant: target.tenant, entries })
    else if (entries.length === 0) io.err(`${nothing}\n`)
    else io.out(`${table(io, ['time', 'actor', 'action', 'secret', 'client'], entries.map(rowOf), FITTING)}\n`)
    return EXIT.ok
  },
})

interface Search {
  readonly entries: readonly AuditEntry[]
  /** What to print if there are none. */
  readonly nothing: string
}

async function searchLog({ client, tenant }: SecretsTarget, args: Args): Promise<Search> {
  const limit = wholeNumber(args, 'limit', { min: 1, max: 500, otherwise: 50 })
  const key = text(args.key)
  if (key === undefined) {
    const { data } = await client.auditSecrets(tenant, { limit })
    return { entries: data.slice(0, limit), nothing: 'There are no entries yet.' }
  }
  const name = cloudName(mustBeName(key))
  const found: AuditEntry[] = []
  let cursor: string | undefined
  let read = 0
  for (let page = 0; page < MAX_PAGES && found.length < limit; page++) {
    const { data, next_cursor } = await client.auditSecrets(tenant, { limit: 500, cursor })
    read += data.length
    found.push(...data.filter((entry) => entry.key === name))
    cursor = next_cursor ?? undefined
    if (!cursor) break
  }
  const when = cursor ? `in the last ${read} entries` : 'yet'
  return { entries: found.slice(0, limit), nothing: `There are no entries for ${name} ${when}.` }
}

function rowOf({ at, actor, action, key, client }: AuditEntry): readonly string[] {
  return [at.replace(/\.\d+Z$/, 'Z'), actor, action, key, client ?? '']
}

const FITTING: Fitting = { leaveOut: [4, 1], cut: [{ column: 3, at: 'right' }] }
