import type { Problems, Report } from '../errors/errors.ts'
import { nearest } from '../errors/suggest.ts'
import { isSettingName } from '../schema/setting-name.ts'
import { isSecretValue, looksSecret } from '../secrets/secret.ts'
import type { Site, Taint } from '../types.ts'
import {
  referenceCycle,
  requiredVariable,
  tooDeepDefaults,
  tooLong,
  tooManyLevels,
  undefinedVariable,
} from './reference-reports.ts'
import { parseTemplate, type Reference, type Template } from './template.ts'

/** The longest chain of variables from a reference to a final value. */
const MAX_LEVELS = 32
/** For one result, in UTF-16 units. */
const MAX_VALUE = 1024 * 1024
/** For all results of a load together. */
const MAX_TOTAL = 4 * MAX_VALUE
/** Each suggestion compares all names, and a file may have many names and many unknown ones. */
const MAX_SUGGESTIONS = 20
/** Deeper than any chain that could succeed, and shallow enough for the stack. */
const MAX_RECURSION = 512

/** One definition of a variable. Those in `.env` files can have references; all others are literal. */
export interface Candidate {
  readonly value: string
  readonly site: Site
  /** Whether references in it are resolved (a .env value that is not in single quotes). */
  readonly expands: boolean
}

/** A fully resolved variable. */
export interface Variable {
  readonly name: string
  readonly value: string
  readonly site: Site
  readonly taint?: Taint
  readonly references: readonly string[]
  /** The length of the longest chain of references below it. */
  readonly level: number
}

export type OnUndefined = 'error' | 'keep' | 'empty'

export interface VariablesOptions {
  /** All definitions of a variable, highest precedence first; empty if there are none. */
  readonly candidates: (name: string) => readonly Candidate[]
  /** The names of all variables that may be defined, to suggest one for a mistyped name. */
  readonly names: () => Iterable<string>
  /** Whether a variable is a secret by its name or origin. */
  readonly isSecret: (name: string) => boolean
  readonly onUndefined: OnUndefined
  readonly bare: boolean
  readonly problems: Problems
}

/** The result of resolving a text. */
export interface Expansion {
  readonly value: string
  readonly taint?: Taint
  readonly references: readonly string[]
  /** Variables without a value, with `onUndefined: 'keep'` or `'empty'`. */
  readonly undefinedNames: readonly string[]
  /** Whether the text was exactly one reference. */
  readonly lone: boolean
}

export interface Variables {
  /** Returns a variable by name; `'failed'` if its references cannot be resolved, which has then been reported. */
  get(name: string): Variable | 'failed' | undefined
  /**
   * Resolves the references in a text.
   * @returns undefined if it has none, `'failed'` if an error was reported
   */
  expand(text: string, where: Where): Expansion | 'failed' | undefined
}

/** The key and site of the text, for messages. */
export interface Where {
  readonly key: string
  readonly site: Site
  /** Called instead of reporting an undefined variable; the result is then `'failed'`. */
  readonly onMissing?: ((name: string) => void) | undefined
  /** Also resolve `$VAR`. @default false */
  readonly bare?: boolean
}

/** The state of one resolution. */
interface Gathering extends Where {
  /** The variable being resolved and the index of its definition, for references to its own name. */
  readonly self: { readonly name: string; readonly index: number } | undefined
  readonly depth: number
  references: string[]
  undefinedNames: string[]
  taint: Taint | undefined
  level: number
  failed: boolean
}

/**
 * The variables of a load as a graph: a reference may point to a later or an earlier line or to another file, and a
 * reference to the variable itself means its value in the layer below (formats.md, section 4).
 */
export function createVariables(options: VariablesOptions): Variables {
  const resolved = new Map<string, (Variable | 'failed' | undefined)[]>()
  const running: string[] = []
  let total = 0
  let suggestions = 0

  /** The variable as defined by its definition at `index`; 0 is the one in effect. */
  function get(name: string, index: number, depth: number): Variable | 'failed' | undefined {
    const known = resolved.get(name) ?? []
    if (index in known) return known[index]
    resolved.set(name, known)
    const variable = resolve(name, index, depth)
    known[index] = variable
    return variable
  }

  function resolve(name: string, index: number, depth: number): Variable | 'failed' | undefined {
    const definition = options.candidates(name)[index]
    if (!definition) return undefined
    const { value, site } = definition
    const isNamedSo = options.isSecret(name) || (looksSecret(name) && !isDirectoryOfShell(name, site))
    const isSecret = isNamedSo || isSecretValue(value)
    const own: Taint | undefined = isSecret ? [name] : undefined
    const unexpanded: Variable = { name, site, value, references: [], level: 0, ...(own ? { taint: own } : {}) }
    if (!definition.expands) return unexpanded
    if (depth > MAX_RECURSION) return fail(tooManyLevels(MAX_LEVELS, { key: name, site }))
    running.push(name)
    const expansion = run(value, gather({ key: name, site, bare: options.bare }, depth, { name, index }))
    running.pop()
    if (expansion === undefined) return unexpanded
    if (expansion === 'failed') return 'failed'
    if (expansion.level > MAX_LEVELS) return fail(tooManyLevels(MAX_LEVELS, { key: name, site }))
    // As with a setting that is written empty, which is skipped on reading.
    if (expansion.value === '' && isSettingName(name)) return get(name, index + 1, depth + 1)
    // The parts of a URL may be harmless on their own.
    const taint = own ?? expansion.taint ?? (isSecretValue(expansion.value) ? [name] : undefined)
    const { references, level } = expansion
    return { name, site, value: expansion.value, references, level, ...(taint ? { taint } : {}) }
  }

  function run(text: string, gathering: Gathering): (Expansion & { level: number }) | 'failed' | undefined {
    const template = parseTemplate(text, { bare: gathering.bare === true })
    if (template === undefined) return undefined
    if (template === 'too deep') return fail(tooDeepDefaults(gathering))
    const value = evaluate(template, gathering)
    if (value === undefined) return 'failed'
    total += value.length
    if (total > MAX_TOTAL) return fail(tooLong('all substituted values together exceed 4 MiB', gathering))
    const { references, undefinedNames, taint, level } = gathering
    const lone = template.length === 1 && typeof template[0] === 'object'
    return { value, references: [...new Set(references)], undefinedNames, lone, level, ...(taint ? { taint } : {}) }
  }

  /** The text of a template, or undefined after a failure. It goes on after one, so that all errors are reported. */
  function evaluate(template: Template, gathering: Gathering): string | undefined {
    let value = ''
    for (const part of template) {
      const text = typeof part === 'string' ? part : evaluateReference(part, gathering)
      if (text === undefined) gathering.failed = true
      else value += text
      if (value.length > MAX_VALUE) {
        fail(tooLong('becomes longer than 1 MiB', gathering))
        return undefined
      }
    }
    return gathering.failed ? undefined : value
  }

  function evaluateReference(reference: Reference, gathering: Gathering): string | undefined {
    const { name, operator, operand } = reference
    const variable = follow(name, gathering)
    if (variable === 'failed') return undefined
    const colon = operator.startsWith(':')
    const isSet = variable !== undefined && !(colon && variable.value === '')
    if (operator === '+' || operator === ':+') return isSet ? evaluate(operand, gathering) : ''
    if (isSet) return use(variable, gathering)
    if (operator === '-' || operator === ':-') return evaluate(operand, gathering)
    if (operator === '') return missing(reference, gathering)
    fail(requiredVariable(reference, gathering, meantBy(name)))
    return undefined
  }

  function follow(name: string, gathering: Gathering): Variable | 'failed' | undefined {
    gathering.references.push(name)
    const { self, depth } = gathering
    if (self?.name === name) return get(name, self.index + 1, depth + 1)
    const start = running.indexOf(name)
    if (start !== -1) return fail(referenceCycle([...running.slice(start), name], gathering))
    return get(name, 0, depth + 1)
  }

  function use(variable: Variable, gathering: Gathering): string {
    if (variable.taint) gathering.taint ??= taintThrough(variable.name, variable.taint)
    gathering.level = Math.max(gathering.level, variable.level + 1)
    return variable.value
  }

  function missing(reference: Reference, gathering: Gathering): string | undefined {
    gathering.undefinedNames.push(reference.name)
    if (gathering.onMissing) {
      gathering.onMissing(reference.name)
      return undefined
    }
    if (options.onUndefined === 'keep') return reference.raw
    if (options.onUndefined === 'empty') return ''
    options.problems.error(undefinedVariable(reference, gathering, meantBy(reference.name)))
    return undefined
  }

  /** The existing variable that a mistyped name was probably meant to be. */
  function meantBy(name: string): string | undefined {
    if (++suggestions > MAX_SUGGESTIONS) return undefined
    const similar = nearest(name, options.names())
    return similar !== undefined && options.candidates(similar).length > 0 ? similar : undefined
  }

  function fail(report: Report): 'failed' {
    options.problems.error(report)
    return 'failed'
  }

  return {
    get: (name) => get(name, 0, 0),
    expand: (text, where) => run(text, gather(where, 0)),
  }
}

/** Written out, since this runs for every text and a spread is many times slower. */
function gather(where: Where, depth: number, self?: Gathering['self']): Gathering {
  return {
    key: where.key,
    site: where.site,
    onMissing: where.onMissing,
    bare: where.bare ?? false,
    self,
    depth,
    references: [],
    undefinedNames: [],
    taint: undefined,
    level: 0,
    failed: false,
  }
}

/** Every shell sets `PWD`. In a file it is a password like any other. */
function isDirectoryOfShell(name: string, { source }: Site): boolean {
  return name === 'PWD' && source.layer === 'environment'
}

/** The taint of `DATABASE_URL` itself, or of the variable through which it came. */
export function taintThrough(name: string, taint: Taint): Taint {
  return taint[0] === name ? taint : [name, ...taint]
}
