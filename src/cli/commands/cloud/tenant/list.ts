import { readRegistry, type TenantRegistry, updateRegistry } from '../../../../cloud/for-commands.ts'
import { type Args, CLOUD_ARGS } from '../../../args.ts'
import { defineCommand } from '../../../command.ts'
import { EXIT, type Io } from '../../../io.ts'
import { type Fitting, printJson, table } from '../../../output.ts'
import { findProject } from '../../../project.ts'
import { openSession } from '../../../session.ts'
import { CLOUD_EXITS } from '../../../shapes.ts'
import { reportMoved } from '../../../warnings.ts'

export const list = defineCommand({
  examples: [
    ['systemprompt cloud tenant list', 'Ask the service'],
    ['systemprompt cloud tenant list --offline', 'Read tenants.json only'],
  ],
  output: 'A table of the tenants. The arrow marks the active one.',
  json: {
    tenants: [
      {
        id: 'string',
        name: 'string',
        tenant_type: 'string',
        'region?': 'string',
        'hostname?': 'string',
        active: 'boolean',
      },
    ],
    active_tenant: 'string|null',
  },
  exits: CLOUD_EXITS,
  args: {
    ...CLOUD_ARGS,
    offline: { type: 'boolean', description: 'Read tenants.json only, without asking the service' },
  },
  async run({ args, io }) {
    const { tenants, active } = args.offline ? readRegistry(findProject(args, io).files) : await refreshed(args, io)
    const found = tenants.map(({ id, name, tenant_type = 'cloud', region, hostname }) => ({
      id,
      name,
      tenant_type,
      region,
      hostname,
      active: id === active,
    }))
    if (args.json) printJson(io, { tenants: found, active_tenant: active ?? null })
    else if (found.length === 0) io.out('There are no tenants.\n')
    else io.out(`${table(io, ['', 'id', 'name', 'type', 'region', 'hostname'], found.map(rowOf), FITTING)}\n`)
    return EXIT.ok
  },
})

/** The service's current list, which is saved to tenants.json. A container has no file to update. */
async function refreshed(args: Args, io: Io): Promise<TenantRegistry> {
  const { client, files, credentials } = openSession(args, io)
  const { tenants } = await client.whoami()
  await client.close()
  if (credentials.from === 'file') {
    const registry = await updateRegistry(files, tenants, Date.now())
    reportMoved(io, files.tenants, registry.movedTo)
    return registry
  }
  return {
    tenants: (tenants ?? []).map(({ id, name, hostname, region }) => ({
      id,
      name,
      hostname: hostname ?? '',
      region: region ?? '',
    })),
    active: undefined,
  }
}

/** Tenants are distinguished by their ids. */
const FITTING: Fitting = { leaveOut: [5, 4, 3, 2], cut: [{ column: 1, at: 'right' }] }

interface Found {
  readonly id: string
  readonly name: string
  readonly tenant_type: unknown
  readonly region: unknown
  readonly hostname: unknown
  readonly active: boolean
}

function rowOf({ id, name, tenant_type, region, hostname, active }: Found): readonly string[] {
  return [
    active ? '→' : '',
    id,
    name,
    ...[tenant_type, region, hostname].map((cell) => (typeof cell === 'string' ? cell : '')),
  ]
}
