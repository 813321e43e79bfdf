import { resolve } from 'node:path'
import {
  cloudName,
  type DotenvSecrets,
  KNOWN_SECRETS,
  readDotenvSecrets,
  readFileBytes,
  readLocalSecrets,
  secretName,
  secretsInText,
} from '../cloud/for-commands.ts'
import { type Args, cwdOf, text } from './args.ts'
import { CliError, EXIT, type Io, usageError } from './io.ts'
import { shown } from './output.ts'

/** Flags of every command that takes secrets. */
export const SECRET_INPUT_ARGS = {
  'from-file': {
    type: 'string',
    valueHint: 'file',
    completes: 'file',
    description: 'Read secrets from a .env or .json file, or from standard input with -',
  },
  'allow-empty': { type: 'boolean', description: 'Allow empty values' },
} as const

/** A secret given by the user, with its name as written. */
export interface GivenSecret {
  readonly name: string
  readonly value: string
  /** Whether it is from a .env file and refers to variables there. */
  readonly isReferring?: boolean
}

/**
 * The secrets from a command line: `K=V`, `K V`, `K` (prompted, or from standard input), `K=@file`, `K=-`, and those of
 * `--from-file`. Arguments that are not understood are never repeated: they may be misplaced secrets.
 *
 * @throws CliError USAGE
 */
export async function givenSecrets(args: Args, items: readonly string[], io: Io): Promise<readonly GivenSecret[]> {
  const wanted = itemsOf(items)
  const asking = wanted.filter(({ value }) => value === '-' || value === undefined).length
  if (asking > 1) throw usageError('Only one value can come from standard input or a prompt.')
  if (asking > 0 && text(args['from-file']) === STANDARD_INPUT)
    throw usageError('--from-file - reads standard input, and so does one of the values.')
  const all = [...(await fromFile(args, io))]
  if (wanted.some(({ isInline }) => isInline) && io.isInteractive) {
    io.err(
      "A value on the command line stays in the shell's history and is visible to ps; NAME alone prompts for it.\n",
    )
  }
  for (const { name, value } of wanted) all.push({ name, value: await resolved(name, value, args, io) })
  if (all.length === 0)
    throw usageError(
      text(args['from-file']) === undefined
        ? 'Give NAME=VALUE, NAME to be prompted for its value, or --from-file.'
        : `${sourceOf(args)} has no secrets.`,
    )
  return usable(all, args, io)
}

/**
 * The value of one secret: from `--from-file`, else prompted for.
 *
 * @throws CliError USAGE, and NOT_FOUND if the file does not have it
 */
export async function givenSecret(args: Args, name: string, io: Io): Promise<string> {
  if (text(args['from-file']) === undefined) return (await givenSecrets(args, [name], io))[0]?.value ?? ''
  const key = cloudName(name)
  const [given, ...others] = usable(
    (await fromFile(args, io)).filter((secret) => cloudName(secret.name) === key),
    args,
    io,
  )
  if (!given) throw new CliError('NOT_FOUND', EXIT.notFound, `${sourceOf(args)} has no ${key}.`)
  // DATABASE_URL and INTERNAL_DATABASE_URL are one in the cloud.
  if (others.length > 0) throw usageError(`${sourceOf(args)} has ${key} twice.`)
  return given.value
}

function usable(secrets: readonly GivenSecret[], args: Args, io: Io): readonly GivenSecret[] {
  const empty = args['allow-empty'] === true ? [] : secrets.filter(({ value }) => value.trim() === '')
  // A file has many values, so the empty one is named. To a load, only spaces are as good as empty.
  const which = secrets.length > 1 ? `: ${empty.map(({ name }) => shown(name)).join(', ')}` : ''
  if (empty.length > 0) throw usageError(`A value is empty${which}. Add --allow-empty if that is what you want.`)
  if (secrets.some(({ value }) => value.includes('\0')))
    throw usageError('A value contains a NUL character, which a secret cannot.')
  const referring = secrets.filter(({ isReferring }) => isReferring).map(({ name }) => shown(name))
  if (referring.length > 0)
    io.err(`Stored as written, with the \${…} in it, because secrets are not substituted: ${referring.join(', ')}\n`)
  return secrets
}

/**
 * All or none: if a secret is given twice, which value was meant is unknown.
 *
 * @param nameOf the canonical name of a secret, for any of its spellings
 * @throws CliError USAGE
 */
export function mustBeGivenOnce(given: readonly GivenSecret[], nameOf: (name: string) => string): void {
  const known = new Map<string, string>()
  for (const { name } of given) {
    const other = known.get(nameOf(name))
    if (other === name) throw usageError(`${shown(name)} is given twice; nothing was set.`)
    if (other !== undefined)
      throw usageError(`${shown(other)} and ${shown(name)} are the same secret; nothing was set.`)
    known.set(nameOf(name), name)
  }
}

interface Item {
  readonly name: string
  /** `-` for standard input, `@file` for a file; undefined: ask. */
  readonly value: string | undefined
  /** Whether the value itself is on the command line. */
  readonly isInline: boolean
}

function itemsOf(items: readonly string[]): readonly Item[] {
  const [first = '', second] = items
  const isPair =
    items.length === 2 && !first.includes('=') && second !== undefined && !/^[A-Z_][A-Z0-9_]*=/.test(second)
  if (isPair && isNameOfSecret(second))
    throw usageError('The second argument is a name, too. Give NAME=VALUE, or one name to be prompted for its value.')
  if (isPair) return [toItem(first, second, 1)]
  return items.map((item, index) => {
    const at = item.indexOf('=')
    return at === -1 ? toItem(item, undefined, index + 1) : toItem(item.slice(0, at), item.slice(at + 1), index + 1)
  })
}

/** Whether a word is more likely a second name than a value: a known secret, or capitals with underscores. */
function isNameOfSecret(word: string): boolean {
  return KNOWN_ENVS.has(secretName(word).env) || /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/.test(word)
}

const KNOWN_ENVS: ReadonlySet<string> = new Set(KNOWN_SECRETS.map(({ env }) => env))

function toItem(name: string, value: string | undefined, position: number): Item {
  if (!isNameLike(name)) throw usageError(`Argument ${position} does not begin with the name of a secret: NAME=VALUE.`)
  return { name, value, isInline: value !== undefined && value !== '-' && !value.startsWith('@') }
}

/** Rejects a key pasted in place of a name: names consist of words, keys are long or mixed. */
function isNameLike(name: string): boolean {
  if (!/^[A-Za-z_][A-Za-z0-9_.-]{0,254}$/.test(name) || isMixed(name)) return false
  return name
    .split(/[_.-]/)
    .every((word) => word.length < 20 && !(word.length >= 10 && /\d/.test(word) && /[A-Za-z]/.test(word)))
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-/i

/** Whether capitals, small letters and digits alternate as in random text. */
function isMixed(name: string): boolean {
  const changes = name.match(/[a-z](?=[A-Z\d])|[A-Z](?=\d)|\d(?=[A-Za-z])/g)?.length ?? 0
  const digits = name.match(/\d/g)?.length ?? 0
  return name.length >= 16 && (UUID.test(name) || changes * 3 > name.length || digits * 2 > name.length)
}

/** The names given to a command, at least one. @throws CliError USAGE */
export function mustBeNames(names: readonly string[]): readonly string[] {
  if (names.length === 0) throw usageError('Give the name of a secret.')
  return names.map(mustBeName)
}

/** A name for a command that takes no values. @throws CliError USAGE */
export function mustBeName(name: string): string {
  if (isNameLike(name)) return name
  throw usageError('One of the arguments is not the name of a secret.')
}

async function resolved(name: string, value: string | undefined, args: Args, io: Io): Promise<string> {
  if (value === undefined) return (await fromInput(args, io)) ?? (await promptForSecret(name, io))
  if (value === '-') {
    const input = await fromInput(args, io)
    if (input !== undefined) return input
    throw usageError('NAME=- reads standard input, which is a terminal here.')
  }
  if (value.startsWith('@')) return fileText(resolve(cwdOf(args, io), value.slice(1)))
  return value.replace(/^\\(?=[@-])/, '')
}

async function promptForSecret(name: string, io: Io): Promise<string> {
  if (!io.isInteractive)
    throw usageError(
      'There is no interactive terminal to prompt on. Give NAME=@file, NAME=- or the value on standard input.',
    )
  const value = await io.password(`Value of ${name.toUpperCase()}`)
  // The first line end of a pasted key ends the answer.
  if (value.includes('-----BEGIN') && !value.includes('-----END'))
    throw usageError('This is the first line of a key, and a prompt takes one line only. Give NAME=@file.')
  return value
}

/** Standard input, byte for byte, without one trailing line end; a message says so. */
async function fromInput(args: Args, io: Io): Promise<string | undefined> {
  const input = await io.readInput()
  if (input === undefined) return undefined
  // As in a script or a hook, where there is no input.
  if (input.length === 0 && args['allow-empty'] !== true)
    throw usageError('Standard input is empty. Give the value there, or add --allow-empty for an empty value.')
  const value = decoded(input, 'Standard input')
  const trimmed = value.replace(/\r?\n$/, '')
  if (trimmed !== value) io.err('One line break at the end of the input was dropped.\n')
  return trimmed
}

function fileText(file: string): string {
  const bytes = readFileBytes(file, ({ code, message }) => {
    throw new CliError(code, EXIT.validation, `The file after @ ${message}.`)
  })
  if (bytes === undefined) {
    const what = 'The file after @ does not exist. A value that begins with @ is written with \\@.'
    throw new CliError('NOT_FOUND', EXIT.notFound, what)
  }
  return decoded(bytes, 'The file after @').replace(/\r?\n$/, '')
}

function decoded(bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new CliError('ENCODING', EXIT.validation, `${what} is not UTF-8. Encode it, as base64 for example.`)
  }
}

const STANDARD_INPUT = '-'

function sourceOf(args: Args): string {
  return text(args['from-file']) === STANDARD_INPUT ? 'Standard input' : 'The file of --from-file'
}

/** The secrets in the file of `--from-file`, by their environment names. */
async function fromFile(args: Args, io: Io): Promise<readonly GivenSecret[]> {
  const given = text(args['from-file'])
  if (given === undefined) return []
  const { secrets, blank, referring } =
    given === STANDARD_INPUT ? await secretsOfInput(io) : secretsOfFile(resolve(cwdOf(args, io), given), given)
  return [
    ...secrets.map(({ env, value }) => ({ name: env, value, isReferring: referring.includes(env) })),
    ...blank.map((name) => ({ name: secretName(name).env, value: '' })),
  ]
}

function secretsOfFile(file: string, given: string): Omit<DotenvSecrets, 'found'> {
  const { found, ...secrets } = /\.json$/.test(file)
    ? // The profile that they are for determines the rules.
      { ...readLocalSecrets(file, given, 'skip'), referring: [] }
    : readDotenvSecrets(file, given)
  if (!found) throw new CliError('NOT_FOUND', EXIT.notFound, 'The file of --from-file does not exist.')
  return secrets
}

async function secretsOfInput(io: Io): Promise<Omit<DotenvSecrets, 'found'>> {
  const input = await io.readInput()
  if (input === undefined) throw usageError('--from-file - reads standard input, which is a terminal here.')
  return secretsInText(decoded(input, 'Standard input').replace(/^\ufeff/, ''), '<stdin>')
}
