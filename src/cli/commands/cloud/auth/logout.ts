import { hasCredentials, removeCredentials } from '../../../../cloud/for-commands.ts'
import { type Args, CLOUD_ARGS, FLAGS } from '../../../args.ts'
import { defineCommand } from '../../../command.ts'
import { mustAgree } from '../../../confirm.ts'
import { CliError, EXIT, type Io } from '../../../io.ts'
import { printJson, shown } from '../../../output.ts'
import { findProject, type Project } from '../../../project.ts'
import { clientFor } from '../../../session.ts'

export const logout = defineCommand({
  examples: [
    ['systemprompt cloud auth logout', 'Remove the login from this machine, after asking'],
    ['systemprompt cloud auth logout -y', 'Without asking'],
  ],
  output: 'One line.',
  json: { ok: 'boolean', removed: 'string|null' },
  exits: ['validation', 'conflict', 'refused', 'notFound'],
  args: { ...CLOUD_ARGS, yes: FLAGS.yes },
  async run({ args, io }) {
    if (io.env.SYSTEMPROMPT_API_TOKEN) {
      throw new CliError(
        'IN_CONTAINER',
        EXIT.usage,
        'The login is in SYSTEMPROMPT_API_TOKEN. Unset that variable; no file is involved.',
      )
    }
    const project = findProject(args, io)
    const file = project.files.credentials
    if (!hasCredentials(project.files)) {
      // Removes leftovers of a login that was killed.
      await removeCredentials(project.files, Date.now())
      if (args.json) printJson(io, { ok: true, removed: null })
      else io.out('You are not logged in.\n')
      return EXIT.ok
    }
    const email = project.loaded?.credentials?.user_email
    await mustAgree(args, io, `Log ${email === undefined ? 'out' : `${shown(email)} out`} and remove ${shown(file)}?`)
    await report(project, args, io)
    const { existed, movedTo } = await removeCredentials(project.files, Date.now())
    if (movedTo !== undefined) io.err(`The file was not a login; it is now ${shown(movedTo)}\n`)
    if (args.json) printJson(io, { ok: true, removed: existed ? file : null })
    else
      io.out(
        existed
          ? `Logged out; ${shown(file)} was removed. The token stays valid until it expires.\n`
          : 'You were not logged in.\n',
      )
    return EXIT.ok
  },
})

/** Best effort, and only to the service that the login is for. */
async function report({ loaded }: Project, args: Args, io: Io): Promise<void> {
  const { credentials } = loaded ?? {}
  const user = credentials && subjectOf(credentials.api_token)
  if (!credentials || credentials.expired || user === undefined) return
  try {
    const client = clientFor(credentials.api_url, credentials.api_token, args, io)
    await client.reportActivity('cloud_logout', user, new Date())
    await client.close()
  } catch {
    // A login whose URL or token cannot be used is removed anyway.
  }
}

/** The user's id, from a token that is a JWT. */
function subjectOf(token: string): string | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))
    const subject: unknown = typeof claims === 'object' && claims !== null ? Reflect.get(claims, 'sub') : undefined
    return typeof subject === 'string' ? subject : undefined
  } catch {
    return undefined
  }
}
