import { readRegistry } from '../../../../cloud/for-commands.ts'
import { isConfigError } from '../../../../index.ts'
import { CLOUD_ARGS } from '../../../args.ts'
import { defineCommand } from '../../../command.ts'
import { EXIT, type Io } from '../../../io.ts'
import { printJson, shown, shownLines, styled } from '../../../output.ts'
import { openSession, type Session } from '../../../session.ts'
import { CLOUD_EXITS } from '../../../shapes.ts'

export const whoami = defineCommand({
  examples: [
    ['systemprompt cloud auth whoami', 'Who commands act as'],
    ['systemprompt cloud auth whoami --json', 'As JSON'],
  ],
  output: 'The user, the endpoint, where the token is stored and when it expires, the tenants and the profile.',
  json: {
    user_email: 'string',
    user_id: 'string',
    api_url: 'string',
    token_in: 'string',
    expires_at: 'string|null',
    tenants: [{ id: 'string', name: 'string' }],
    active_tenant: 'string|null',
    profile: 'string|null',
  },
  exits: CLOUD_EXITS,
  args: CLOUD_ARGS,
  async run({ args, io }) {
    const session = openSession(args, io)
    const { client, credentials, profile } = session
    const { user } = await client.whoami()
    const tenants = await client.listTenants()
    await client.close()
    const found = {
      user_email: user.email,
      user_id: user.id,
      api_url: client.apiUrl,
      token_in: placeOf(session),
      expires_at: credentials.expires_at ?? null,
      tenants: tenants.map(({ id, name }) => ({ id, name })),
      active_tenant: activeTenant(session, io),
      profile: profile?.name ?? null,
    }
    if (args.json) printJson(io, found)
    else io.out(`${render(io, found)}\n`)
    return EXIT.ok
  },
})

/** The user can be shown whatever is in tenants.json. */
function activeTenant({ files }: Session, io: Io): string | null {
  try {
    return readRegistry(files).active ?? null
  } catch (error) {
    if (!isConfigError(error)) throw error
    io.err(`${shownLines(error.message)}\n`)
    return null
  }
}

function placeOf({ credentials, files }: Session): string {
  return credentials.from === 'file' ? files.credentials : 'SYSTEMPROMPT_API_TOKEN'
}

interface Found {
  readonly user_email: string
  readonly api_url: string
  readonly token_in: string
  readonly expires_at: string | null
  readonly tenants: readonly { readonly id: string; readonly name: string }[]
  readonly active_tenant: string | null
  readonly profile: string | null
}

function render(io: Io, found: Found): string {
  const { user_email, api_url, token_in, expires_at, tenants, active_tenant, profile } = found
  const names = tenants.map(({ id, name }) => `${shown(name)} (${shown(id)})${id === active_tenant ? ', active' : ''}`)
  const rows: readonly (readonly [string, string])[] = [
    ['User', styled(io, 'bold', shown(user_email))],
    ['Endpoint', shown(api_url)],
    ['Token in', shown(token_in)],
    [
      'Valid until',
      expires_at === null
        ? 'not known'
        : `${expires_at.replace(/\.\d+Z$/, 'Z')} (${remaining(Date.parse(expires_at) - Date.now())})`,
    ],
    ['Tenants', names.length === 0 ? 'none' : names.join('\n             ')],
    ['Profile', profile === null ? 'none' : shown(profile)],
  ]
  return rows.map(([name, value]) => `${styled(io, 'dim', name.padEnd(11))}  ${value}`).join('\n')
}

/** Formats milliseconds as `23 h 59 min`. */
function remaining(time: number): string {
  const minutes = Math.floor(time / 60_000)
  if (minutes < 1) return 'less than a minute'
  const hours = Math.floor(minutes / 60)
  if (hours >= 48) return `${Math.floor(hours / 24)} days`
  return hours === 0 ? `${minutes} min` : `${hours} h ${minutes % 60} min`
}
