import { isAbsolute, join, relative, resolve } from 'node:path'
import {
  isConfigError,
  listProfiles,
  loadConfig,
  type PublicValues,
  type ResolvedConfig,
  type SecretValue,
  secretValues,
} from '../../index.ts'
import {
  createMatcher,
  createRedactor,
  type Finding,
  type Matcher,
  type ScanResult,
  type SkippedSecret,
  scanFiles,
  scanStaged,
} from '../../scan/index.ts'
import { type Args, cwdOf, LOAD_ARGS } from '../args.ts'
import { defineCommand } from '../command.ts'
import { CliError, EXIT, type Io, usageError } from '../io.ts'
import { loadOptionsOfBuild } from '../options.ts'
import { count, printJson, shown, styled } from '../output.ts'
import { LOAD_EXITS } from '../shapes.ts'

export const scan = defineCommand({
  examples: [
    ['systemprompt scan dist', 'Search what you ship'],
    ['systemprompt scan --staged', 'Search what you are about to commit'],
  ],
  output:
    'One line for every place where a secret was found, with its name. How much was searched goes to standard error.',
  json: {
    ok: 'boolean',
    findings: [{ file: 'string', line: 'number', column: 'number', name: 'string', 'part?': 'string', form: 'string' }],
    files: 'number',
    bytes: 'number',
    unreadable: 'string[]',
    skipped: [{ name: 'string', 'part?': 'string', reason: 'string' }],
  },
  exits: [...LOAD_EXITS, 'refused'],
  takesMany: true,
  args: {
    path: { type: 'positional', completes: 'file', required: false, description: 'Files and folders to search' },
    staged: { type: 'boolean', description: 'Search what git is about to commit' },
    'all-profiles': { type: 'boolean', description: 'Look for the secrets of every profile' },
    ...LOAD_ARGS,
  },
  async run({ args, io }) {
    const paths = args._
    if (paths.length > 0 === Boolean(args.staged)) {
      const what = args.staged ? '--staged takes no path' : 'A path is missing: systemprompt scan dist'
      throw usageError(`${what}. See --help.`)
    }
    const loaded = await loadAll(args, io)
    const own = loaded.flatMap(({ values }) => values)
    const ofEnvironment =
      loaded[0]?.variables.filter(({ value }) => own.every((secret) => secret.value !== value)) ?? []
    const publicValues = Object.fromEntries(loaded.map((one, index) => [index, one.publicValues]))
    const matcher = createMatcher([...own, ...ofEnvironment], { publicValues })
    const result = args.staged ? await ofStaged(matcher, args, io) : ofFiles(matcher, paths, loaded, io)
    const report = {
      ...result,
      findings: result.findings.map((finding) => safe(finding, matcher)),
      skipped: matcher.skipped,
    }
    const isClean = report.findings.length === 0 && report.unreadable.length === 0
    if (args.json) printJson(io, { ok: isClean, ...report })
    else print(io, report, { own: own.length, ofEnvironment: ofEnvironment.length })
    return isClean ? EXIT.ok : EXIT.refused
  },
})

interface Loaded {
  readonly root: string
  readonly values: readonly SecretValue[]
  /** Further secrets in the environment, which are the same for every profile. */
  readonly variables: readonly SecretValue[]
  readonly publicValues: PublicValues
}

/**
 * A reference that is not set here does not keep the other secrets from being searched for. A missing required secret
 * is an error: what was not searched for must not look as if it was not found.
 */
async function loadAll(args: Args, io: Io): Promise<readonly Loaded[]> {
  const options = { onUndefined: 'keep' as const, ...loadOptionsOfBuild(args, io), secrets: {} }
  if (!args['all-profiles']) return [loadedFrom(await loadConfig(options), '', io)]
  const names = listProfiles(options.cwd ?? io.cwd)
  const all = await Promise.all(
    names.map(async (profile) => loadedFrom(await loadConfig({ ...options, profile }), `${profile}/`, io)),
  )
  if (all.length > 0) return all
  const result = await loadConfig(options)
  if (result.layers.some(({ name, files = [] }) => name === 'dotenv' && files.length > 0))
    return [loadedFrom(result, '', io)]
  // As in a new worktree: a hook that searches for nothing must not look as if it found nothing.
  throw new CliError(
    'NOT_FOUND',
    EXIT.notFound,
    "There are no profiles here, and no .env files: nothing to look for. In a new clone or worktree, 'systemprompt init' creates a profile.",
  )
}

function loadedFrom(result: ResolvedConfig<unknown>, prefix: string, { env }: Io): Loaded {
  const own = secretValues(result)
  return {
    root: result.root,
    values: own.map(({ name, value }) => ({ name: prefix + name, value })),
    variables: secretValues(result, { env }).slice(own.length),
    publicValues: publicValuesOf(result),
  }
}

/** If a value cannot be public, the build reports that: here all secrets are searched for. */
function publicValuesOf(result: ResolvedConfig<unknown>): PublicValues {
  try {
    return result.publicValues()
  } catch (error) {
    if (isConfigError(error)) return {}
    throw error
  }
}

async function ofStaged(matcher: Matcher, args: Args, io: Io): Promise<ScanResult> {
  const result = await scanStaged(matcher, cwdOf(args, io))
  if (result) return result
  throw new CliError(
    'NO_GIT',
    EXIT.notFound,
    'Git cannot tell what is staged. Is git installed, and is this a repository?',
  )
}

function ofFiles(matcher: Matcher, paths: readonly string[], loaded: readonly Loaded[], io: Io): ScanResult {
  const roots = loaded.map(({ root }) => root)
  const isLeftOut = (path: string): boolean => roots.some((root) => isOwn(relative(root, path)))
  const absolute = paths.map((path) => resolve(io.cwd, path))
  const result = scanFiles(matcher, absolute, { isLeftOut })
  const toShow = (path: string): string => {
    const short = relative(io.cwd, path)
    return short.startsWith('..') || isAbsolute(short) ? path : join(short).replaceAll('\\', '/')
  }
  return {
    ...result,
    findings: result.findings.map((finding) => ({ ...finding, file: toShow(finding.file) })),
    unreadable: result.unreadable.map(toShow),
  }
}

/** The parts of a project that hold its secrets on purpose, or that others wrote. Copies elsewhere are searched. */
function isOwn(path: string): boolean {
  return /^(?:\.systemprompt|node_modules|\.env(?:\.[^/\\]+)?)$/.test(path)
}

/** A file's name may contain a secret. */
function safe(finding: Finding, matcher: Matcher): Finding {
  const redactor = createRedactor(matcher)
  const start = redactor.push(Buffer.from(finding.file))
  return { ...finding, file: Buffer.concat([start, redactor.end()]).toString() }
}

interface Report extends ScanResult {
  readonly skipped: readonly SkippedSecret[]
}

/** How many secrets were searched for. */
interface Sought {
  readonly own: number
  readonly ofEnvironment: number
}

function print(io: Io, { findings, files, bytes, unreadable, skipped }: Report, { own, ofEnvironment }: Sought): void {
  for (const { file, line, column, name, part, form } of findings) {
    const what = [name, part && `(its ${part})`, form === 'plain' ? '' : `as ${form}`].filter(Boolean).join(' ')
    io.out(`${shown(`${file}:${line}:${column}`)}  ${shown(what)}\n`)
  }
  for (const path of unreadable) io.err(`${shown(path)} cannot be read, and was not searched.\n`)
  const searched = `${count(files, 'file')} searched (${sizeOf(bytes)}) for ${count(own + ofEnvironment, 'secret')}`
  const verdict =
    findings.length === 0 ? 'nothing found' : `${findings.length} ${findings.length === 1 ? 'match' : 'matches'}`
  if (own + ofEnvironment === 0 && unreadable.length === 0) {
    io.err(`There are no secrets here, so none were looked for. ${WHERE}`)
    return
  }
  const mark = findings.length + unreadable.length === 0 ? styled(io, 'green', '✔') : styled(io, 'red', '✖')
  io.err(`${mark} ${searched}: ${verdict}\n`)
  if (findings.length > 0) io.err(REMEDY)
  if (own === 0) io.err(`All of them are environment variables: the project here has none. ${WHERE}`)
  if (skipped.length > 0) io.err(`Not looked for: ${skipped.map(skippedAs).map(shown).join(', ')}\n`)
}

function sizeOf(bytes: number): string {
  if (bytes < 1e3) return count(bytes, 'byte')
  return bytes < 999_950 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`
}

const WHERE = '--cwd sets where the project is, and secrets.required which variables are secrets.\n'
const REMEDY =
  'Remove it: programs read it from the configuration. If others may have seen it, replace it with a new one.\n'

function skippedAs({ name, part, reason }: SkippedSecret): string {
  return `${name}${part ? `'s ${part}` : ''} (${reason})`
}
