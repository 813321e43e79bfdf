import {
  activateTenant,
  type BrowserLogin,
  beginBrowserLogin,
  type CloudClient,
  isTokenText,
  type Provider,
  storedEmail,
  type TenantInfo,
  type TenantRegistry,
  updateRegistry,
  writeCredentials,
} from '../../../../cloud/for-commands.ts'
import { type Args, CLOUD_ARGS, FLAGS } from '../../../args.ts'
import { defineCommand } from '../../../command.ts'
import { mustAgree } from '../../../confirm.ts'
import { CliError, EXIT, type Io, usageError } from '../../../io.ts'
import { count, printJson, shown, styled } from '../../../output.ts'
import { findProject, type Project } from '../../../project.ts'
import { apiUrlOf, clientFor } from '../../../session.ts'
import { CLOUD_EXITS } from '../../../shapes.ts'
import { reportMoved } from '../../../warnings.ts'

const PROVIDERS = ['github', 'google'] as const satisfies readonly Provider[]
/** Milliseconds that a browser has to come back. */
const BROWSER_TIMEOUT = 5 * 60_000

export const login = defineCommand({
  examples: [
    ['systemprompt cloud auth login', 'In the browser, with GitHub'],
    ['systemprompt cloud auth login --provider google', 'With Google'],
    ['systemprompt cloud auth login --with-token < token.txt', 'On a machine without a browser'],
  ],
  output: 'Who is logged in and where, the active tenant, and the file. URLs to open go to standard error.',
  json: {
    ok: 'boolean',
    user_email: 'string',
    api_url: 'string',
    file: 'string',
    tenants: [{ id: 'string', name: 'string' }],
    active_tenant: 'string|null',
  },
  exits: CLOUD_EXITS,
  args: {
    provider: { type: 'string', options: PROVIDERS, description: 'The identity provider [default: github]' },
    'with-token': { type: 'boolean', description: 'Read a token from standard input instead' },
    'no-browser': { type: 'boolean', description: 'Print the URL instead of opening it' },
    'api-url': {
      type: 'string',
      valueHint: 'url',
      description: 'The URL of the service [default: https://api.systemprompt.io]',
    },
    ...CLOUD_ARGS,
    yes: FLAGS.yes,
  },
  async run({ args, io }) {
    refuseInContainer(io)
    const project = findProject(args, io)
    const apiUrl = apiUrlOf(args, io)
    const token = args['with-token'] ? await tokenFromInput(io) : await tokenFromBrowser(args, apiUrl, io)
    const client = clientFor(apiUrl, token, args, io, args['with-token'] ? 'Use a valid token' : undefined)
    const { user, tenants: listed } = await client.whoami()
    const tenants = listed ?? []
    await confirmReplace(args, io, project, user.email)
    const now = Date.now()
    const at = new Date(now).toISOString()
    const stored = {
      api_token: token,
      api_url: client.apiUrl,
      user_email: user.email,
      authenticated_at: at,
      last_validated_at: at,
    }
    // Each is said at once, because what comes next may fail.
    reportMoved(io, project.files.credentials, await writeCredentials(project.files, stored, now))
    const reported = client.reportActivity('cloud_login', user.id, new Date(now))
    const updated = await updateRegistry(project.files, listed, now)
    reportMoved(io, project.files.tenants, updated.movedTo)
    const registry = await chooseTenant(updated, tenants, project, io)
    await reported
    await client.close()
    const { credentials: file } = project.files
    if (args.json)
      printJson(io, {
        ok: true,
        user_email: user.email,
        api_url: client.apiUrl,
        file,
        tenants: tenants.map(({ id, name }) => ({ id, name })),
        active_tenant: registry.active ?? null,
      })
    else io.out(`${summary(io, user.email, client, file, registry, tenants)}\n`)
    return EXIT.ok
  },
})

/** In a container the variables are the login, and a file would have no effect. */
function refuseInContainer({ env }: Io): void {
  if (!env.SYSTEMPROMPT_API_TOKEN) return
  throw new CliError(
    'IN_CONTAINER',
    EXIT.usage,
    'SYSTEMPROMPT_API_TOKEN is set and takes precedence over a login. Unset it to log in, or use it as it is.',
  )
}

async function tokenFromInput(io: Io): Promise<string> {
  const input = await io.readInput()
  const token = input === undefined ? await typedToken(io) : Buffer.from(input).toString('utf8').trim()
  if (isTokenText(token)) return token
  throw usageError('The input is not a token: it is empty, too long, or contains spaces or other characters.')
}

async function typedToken(io: Io): Promise<string> {
  if (!io.isInteractive) throw usageError('--with-token reads standard input: --with-token < file.')
  return io.password('Token', { accepts: 'word' })
}

async function tokenFromBrowser(args: Args, apiUrl: string, io: Io): Promise<string> {
  const client = clientFor(apiUrl, undefined, args, io)
  const open = args['no-browser'] ? undefined : io.openBrowser
  if (!open && !io.isInteractive && !args['no-browser']) {
    const ways = 'Use --with-token < file, or --no-browser to get a URL to open elsewhere'
    throw new CliError('NO_BROWSER', EXIT.usage, `There is neither a browser nor an interactive terminal. ${ways}.`)
  }
  const attempt = await beginBrowserLogin(client, providerOf(args))
  const asking = new AbortController()
  try {
    if (open) {
      io.err(`Opening your browser. If nothing happens, open this URL:\n\n  ${attempt.authorizeUrl}\n\n`)
      await open(attempt.authorizeUrl)
    } else io.err(`Open this URL in a browser:\n\n  ${attempt.authorizeUrl}\n\n`)
    return await withTimeout(
      open || !io.isInteractive
        ? attempt.token
        : Promise.race([attempt.token, readPastedUrl(attempt, io, asking.signal)]),
    )
  } finally {
    // A prompt that is still open would keep the process alive.
    asking.abort()
    await attempt.close()
    await client.close()
  }
}

/** If the browser runs on another machine, the URL that it ends on can be pasted. */
async function readPastedUrl(attempt: BrowserLogin, io: Io, signal: AbortSignal): Promise<string> {
  const question = 'The URL your browser ends on, if it runs on another machine'
  while (!attempt.paste(await io.password(question, { signal, accepts: 'word' }))) {
    io.err('That is not the URL of this login; it begins with http://127.0.0.1 and /callback/.\n')
  }
  return attempt.token
}

async function withTimeout(token: Promise<string>): Promise<string> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const error = new CliError(
      'TIMEOUT',
      EXIT.network,
      'The login in the browser did not finish within five minutes. Run it again.',
    )
    timer = setTimeout(() => reject(error), BROWSER_TIMEOUT)
  })
  try {
    return await Promise.race([token, late])
  } finally {
    clearTimeout(timer)
  }
}

function providerOf({ provider }: Args): Provider {
  return PROVIDERS.find((known) => known === provider) ?? 'github'
}

/** Logging in to another account would change what every profile talks to, so it asks first. */
async function confirmReplace(args: Args, io: Io, { files }: Project, email: string): Promise<void> {
  const before = storedEmail(files.credentials)
  if (before === undefined || before === email) return
  await mustAgree(args, io, `${shown(before)} is logged in. Log in as ${shown(email)} instead?`)
}

/** The active tenant; asks if there are several and there is somebody to ask. */
async function chooseTenant(
  registry: TenantRegistry,
  tenants: readonly TenantInfo[],
  { files }: Project,
  io: Io,
): Promise<TenantRegistry> {
  if (registry.active !== undefined || tenants.length < 2 || !io.isInteractive) return registry
  const choices = tenants.map(({ id, name }) => ({ value: id, label: `${shown(name)} (${shown(id)})` }))
  const active = await io.select('Which tenant do you want to use?', choices).catch((error: unknown) => {
    // The login is complete by now, and choosing a tenant is optional.
    if (error instanceof CliError && error.code === 'INTERRUPTED') return undefined
    throw error
  })
  if (active === undefined) return registry
  await activateTenant(files, active)
  return { ...registry, active }
}

function summary(
  io: Io,
  email: string,
  client: CloudClient,
  file: string,
  { active }: TenantRegistry,
  tenants: readonly TenantInfo[],
): string {
  const tenant =
    active === undefined ? "none is active: 'systemprompt cloud tenant use <id>'" : `${shown(active)} is active`
  return [
    `${styled(io, 'green', '✔')} Logged in to ${client.apiUrl} as ${styled(io, 'bold', shown(email))}`,
    `  ${count(tenants.length, 'tenant')}, ${tenant}`,
    `  ${shown(file)}, readable only by you`,
  ].join('\n')
}
