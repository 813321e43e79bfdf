import type { Command, FlagDef, PositionalDef } from '../command.ts'
import { partsOf } from '../help.ts'
import { resolveCommand } from '../run.ts'
import type { Typed } from './typed-words.ts'

/** A word to offer, and its description. */
export interface Offer {
  readonly value: string
  readonly description: string
  /** Another name of something already offered: shown only when it has been begun. */
  readonly isOther?: true
}

/** What can replace the word that is being typed. */
export type Offers =
  | { readonly kind: 'words'; readonly words: readonly Offer[] }
  /** Completed by the shell itself. */
  | { readonly kind: 'files' | 'directories' | 'programs'; readonly prefix: string }

const NOTHING: Offers = { kind: 'words', words: [] }

/** Finds names in this project; an error counts as none. */
export type FindNames = (wanted: FlagDef | PositionalDef, given: Readonly<Record<string, string>>) => readonly Offer[]

/** Completions for the word that is being typed, derived from the commands' own descriptions. */
export async function offersFor({ before, current }: Typed, findNames: FindNames): Promise<Offers> {
  const { command, depth, unknown } = await resolveCommand(before)
  const { words, flags } = partsOf(command.args ?? {})
  const line = readLine(before, flags, depth)
  const values = (of: FlagDef | PositionalDef, prefix = ''): Offers => {
    if (of.completes === 'file') return { kind: 'files', prefix }
    if (of.completes === 'directory') return { kind: 'directories', prefix }
    const names: readonly Offer[] =
      of.options?.map((value) => ({ value, description: '' })) ?? findNames(of, line.given)
    const isBegun = current !== prefix
    return fitting(
      names
        .filter(({ isOther }) => isBegun || !isOther)
        .map(({ value, description }) => ({ value: prefix + value, description })),
      current,
    )
  }

  if (line.open) return values(line.open)
  if (command.takesProgram && (line.isEndOfFlags || line.position > 0))
    return { kind: line.position > 0 ? 'files' : 'programs', prefix: '' }
  const [start, flagName] = /^--([^=]+)=/.exec(current) ?? []
  if (start !== undefined && !line.isEndOfFlags) {
    const [, flag] = flags.find(([name, { type }]) => name === flagName && type === 'string') ?? []
    return flag ? values(flag, start) : NOTHING
  }
  if (current.startsWith('-') && !line.isEndOfFlags) return fitting(flagOffers(flags, line.given), current)
  const [fileOf] = /^[A-Za-z_][\w.-]*=@/.exec(current) ?? []
  if (fileOf !== undefined) return command.takesMany ? { kind: 'files', prefix: fileOf } : NOTHING
  if (command.takesProgram) return { kind: 'programs', prefix: '' }
  const commands = unknown === undefined ? commandOffers(command) : []
  const [, word] = words[command.takesMany ? 0 : line.position] ?? []
  if (!word) return fitting(commands, current)
  const named = values(word)
  return named.kind === 'words'
    ? { kind: 'words', words: [...fitting(commands, current).words, ...named.words] }
    : named
}

interface Line {
  /** The number of words that are neither a command's name nor a flag or its value. */
  readonly position: number
  /** The flags given so far, with their values. */
  readonly given: Readonly<Record<string, string>>
  /** A flag that still needs its value. */
  readonly open?: FlagDef
  /** Whether there was a `--`: nothing after it is a flag. */
  readonly isEndOfFlags: boolean
}

type Flags = readonly (readonly [name: string, flag: FlagDef])[]

function readLine(words: readonly string[], flags: Flags, depth: number): Line {
  const given: Record<string, string> = {}
  let open: Flags[number] | undefined
  let position = -depth
  let isEndOfFlags = false
  for (const word of words) {
    if (open) {
      given[open[0]] = word
      open = undefined
    } else if (isEndOfFlags || word === '-' || !word.startsWith('-')) position++
    else if (word === '--') isEndOfFlags = true
    else {
      const [, name, value] = /^--?([^=]+)(?:=(.*))?$/s.exec(word) ?? []
      const flag = flags.find(([flagName, { alias }]) => flagName === name || alias === name)
      if (flag?.[1].type === 'string' && value === undefined) open = flag
      if (flag) given[flag[0]] = value ?? ''
    }
  }
  return { position: Math.max(0, position), given, isEndOfFlags, ...(open ? { open: open[1] } : {}) }
}

function commandOffers({ subCommands = {} }: Command): readonly Offer[] {
  return Object.entries(subCommands).map(([value, { description = '' }]) => ({ value, description }))
}

/** The flags not given yet; `--set` can be repeated. */
function flagOffers(flags: Flags, given: Readonly<Record<string, string>>): readonly Offer[] {
  return flags
    .filter(([name]) => name === 'set' || !Object.hasOwn(given, name))
    .map(([name, { description }]) => ({ value: `--${name}`, description }))
}

/** A file name that a shell would not read as one word is not offered: the shell could run it as a command. */
const PLAIN = /^[\w@.,/=+-]+$/

function fitting(offers: readonly Offer[], current: string): Offers & { readonly kind: 'words' } {
  const words = offers.filter(({ value }) => value.startsWith(current) && PLAIN.test(value))
  return { kind: 'words', words: [...new Map(words.map((offer) => [offer.value, offer])).values()] }
}
