import { defineCommand } from 'citty'
import { listProfiles } from '../../../cloud/index.ts'
import { CliError, EXIT, type Io } from '../../io.ts'
import { printJson, table } from '../../output.ts'
import { findCloudProject } from '../../session.ts'
import { LOCAL_ARGS } from '../secrets/args.ts'

export const list = defineCommand({
  args: LOCAL_ARGS,
  async run({ args, data }) {
    const io = data as Io
    const { files, profile } = findCloudProject(args, io)
    const names = listProfiles(files.state)
    if (names.length === 0)
      throw new CliError('NOT_FOUND', EXIT.notFound, "There is no profile here. 'systemprompt init' makes one.")
    if (args.json) printJson(io, { profiles: names, in_use: profile?.name ?? null })
    else
      io.out(
        `${table(
          io,
          ['', 'profile'],
          names.map((name) => [name === profile?.name ? '→' : '', name]),
        )}\n`,
      )
    return EXIT.ok
  },
})
