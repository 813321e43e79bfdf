import { dirname } from 'node:path'
import { type PlannedFile, planProject, writeProject } from '../../cloud/for-commands.ts'
import { type ConfigError, isConfigError, loadConfig } from '../../index.ts'
import { type Args, FLAGS, text } from '../args.ts'
import { defineCommand } from '../command.ts'
import { mustAgree } from '../confirm.ts'
import { EXIT, type Io, usageError } from '../io.ts'
import { printJson, shown, styled, table } from '../output.ts'
import { findProject } from '../project.ts'
import { FILE_EXITS, PROBLEM } from '../shapes.ts'

export const init = defineCommand({
  examples: [
    ['systemprompt init', 'Show what would be written, ask, then write it'],
    ['systemprompt init --profile production --yes', 'Add a profile without asking'],
  ],
  output: 'A table of the files, both existing and new, and, except in a dry run, whether the profile is valid.',
  json: { ok: 'boolean', root: 'string', dry_run: 'boolean', files: 'string[]', 'issues?': [PROBLEM] },
  exits: FILE_EXITS,
  args: {
    profile: { type: 'string', valueHint: 'name', description: 'The name of the profile [default: local]' },
    cwd: { type: 'string', valueHint: 'dir', completes: 'directory', description: 'The directory of the project' },
    yes: FLAGS.yes,
    'dry-run': { type: 'boolean', alias: 'n', description: 'Show the plan without writing anything' },
    json: FLAGS.json,
    help: FLAGS.help,
  },
  async run({ args, io }) {
    // An existing project, even in a directory above, is completed.
    const root = dirname(findProject({ cwd: args.cwd }, { ...io, env: {} }).files.state)
    const profile = profileOf(args)
    const plan = planProject(root, profile)
    const missing = plan.filter(({ exists }) => !exists)
    if (!args.json) io.out(`${shown(root)}\n\n${planTable(io, plan)}\n\n`)
    if (missing.length > 0 && !args['dry-run']) {
      await mustAgree(args, io, `Write ${missing.length === 1 ? 'this file' : `these ${missing.length} files`}?`)
      await writeProject(root, missing)
    }
    const failure = args['dry-run'] ? undefined : await failureOf(io, root, profile)
    report(args, io, { root, profile, missing, failure })
    return EXIT.ok
  },
})

function profileOf(args: Args): string {
  const name = text(args.profile) ?? 'local'
  const refuse = (why: string): never => {
    throw usageError(why)
  }
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name))
    return refuse('The name of a profile consists of letters, digits, dots, dashes and underscores.')
  if (/\.ya?ml$/.test(name))
    return refuse('A profile whose name ends in .yaml or .yml is read as a path. Choose another name.')
  return name
}

function planTable(io: Io, plan: readonly PlannedFile[]): string {
  return table(
    io,
    ['file', 'purpose', 'state'],
    plan.map(({ path, purpose, exists }) => [path, purpose, exists ? 'exists, kept' : 'new']),
    { leaveOut: [1], cut: [{ column: 0, at: 'left' }] },
  )
}

interface Done {
  readonly root: string
  readonly profile: string
  readonly missing: readonly PlannedFile[]
  /** What keeps programs from starting with the profile. */
  readonly failure: ConfigError | undefined
}

function report(args: Args, io: Io, done: Done): void {
  const { root, missing, failure } = done
  const isDry = args['dry-run'] === true
  if (args.json) {
    const issues = isDry ? {} : { issues: failure?.issues ?? [] }
    printJson(io, { ok: true, root, dry_run: isDry, files: missing.map(({ path }) => path), ...issues })
    return
  }
  if (missing.length === 0) io.out('Everything exists already; nothing was written.\n')
  else if (isDry) io.out('Nothing was written.\n')
  if (failure) reportInvalid(io, done, failure)
  else if (missing.length > 0 && !isDry) io.out(`${styled(io, 'green', '✔')} Ready. ${nextStep(io, done)}\n`)
}

function reportInvalid(io: Io, { profile, missing }: Done, failure: ConfigError): void {
  const what = missing.length > 0 ? `Written, but profile ${profile}` : `Profile ${profile}`
  io.out(`${styled(io, 'red', '✖')} ${what} is not valid: programs will not start with it.\n`)
  io.err(`${failure.message}\n${isConfigError(failure, 'SECRET_INVALID') ? SKIP_RULES : ''}`)
}

const SKIP_RULES = `
If your program has other rules for these secrets, turn off those of SystemPrompt. Add this to profile.yaml:

  secrets:
    validation: skip
`

/** Why the profile is not valid: without one, other rules applied to .env files. */
async function failureOf(io: Io, root: string, profile: string): Promise<ConfigError | undefined> {
  try {
    await loadConfig({ cwd: root, env: io.env, profile })
    return undefined
  } catch (error) {
    if (isConfigError(error)) return error
    throw error
  }
}

/** How to check the profile, which may not be the default one. */
function nextStep(io: Io, { root, profile: name }: Done): string {
  const check = 'systemprompt config check --strict'
  const { profile, failure } = findProject({ cwd: root }, io)
  if (profile?.name === name) return `Check it with '${check}'.`
  const choice = isConfigError(failure, 'PROFILE_AMBIGUOUS')
    ? "\n  There are several profiles now and none is active: 'systemprompt profile use <name>' chooses one."
    : ''
  return `Check it with '${check} --profile ${name}'.${choice}`
}
