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

/** How many variables may stand between a reference and the text at its end. */
const MAX_LEVELS = 32
/** One result, in UTF-16 units. */
const MAX_VALUE = 1024 * 1024
/** All results of a load together. */
const MAX_TOTAL = 4 * MAX_VALUE
/** For each one all names are looked at, and a file may have very many of both. */
const MAX_SUGGESTIONS = 20
/** Deeper than any chain that could succeed, and shallow enough for the stack. */
const MAX_RECURSION = 512

/** One definition of a variable. Those of `.env` files hold references; all others stand for themselves. */
export interface Candidate {
  readonly value: string
  readonly site: Site
  /** References in it are resolved (a .env value that is not in single quotes). */
  readonly expands: boolean
}

/** A variable with everything resolved. */
export interface Variable {
  readonly name: string
  readonly value: string
  readonly site: Site
  readonly taint?: Taint
  readonly references: readonly string[]
  /** Length of the longest chain of references below it. */
  readonly level: number
}

export type OnUndefined = 'error' | 'keep' | 'empty'

export interface VariablesOptions {
  /** All definitions of a variable, highest precedence first; empty where there is none. */
  readonly candidates: (name: string) => readonly Candidate[]
  /** Of all variables that may have one, for a name that is mistyped. */
  readonly names: () => Iterable<string>
  /** Whether a variable is a secret by its name or origin. */
  readonly isSecret: (name: string) => boolean
  readonly onUndefined: OnUndefined
  readonly bare: boolean
  readonly problems: Problems
}

/** What a text became. */
export interface Expansion {
  readonly value: string
  readonly taint?: Taint
  readonly references: readonly string[]
  /** Variables without a value, under `onUndefined: 'keep'` or `'empty'`. */
  readonly undefinedNames: readonly string[]
  /** The text was exactly one reference. */
  readonly lone: boolean
}

export interface Variables {
  /** The variable under a name; `'failed'` if its references cannot be resolved, which has then been reported. */
  get(name: string): Variable | 'failed' | undefined
  /**
   * Resolves the references in a text.
   * @returns undefined when it has none, `'failed'` after reporting what is wrong
   */
  expand(text: string, where: Where): Expansion | 'failed' | undefined
}

/** Where the text stands, for messages. */
export interface Where {
  readonly key: string
  readonly site: Site
  /** Instead of an error for an undefined variable; the answer is then `'failed'`. */
  readonly onMissing?: ((name: string) => void) | undefined
  /** Take `$VAR` as well. @default false */
  readonly bare?: boolean
}

/** What one resolution gathers on its way. */
interface Gathering extends Where {
  /** The variable being resolved and which of its definitions, for a reference to its own name. */
  readonly self: { readonly name: string; readonly index: number } | undefined
  readonly depth: number
  references: string[]
  undefinedNames: string[]
  taint: Taint | undefined
  level: number
  failed: boolean
}

/**
 * The variables of a load as a graph: a reference may point forward, backward and into another file; a
 * reference to the variable itself means its value in the layer below (formats.md, section 4).
 */
export function createVariables(options: VariablesOptions): Variables {
  const resolved = new Map<string, (Variable | 'failed' | undefined)[]>()
  const running: string[] = []
  let total = 0
  let suggestions = 0

  /** The variable as its `index`th definition has it; 0 is the one that counts. */
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
    // As one that is written empty, which is passed over on reading.
    if (expansion.value === '' && isSettingName(name)) return get(name, index + 1, depth + 1)
    // The parts of a URL may show nothing, each by itself.
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

  /** The text of a template, or undefined after a failure was noted. All its references are looked at first. */
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
    if (variable.taint) gathering.taint ??= via(variable.name, variable.taint)
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

  /** The variable whose name was probably meant. */
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

/** Spelled out, since this runs for every text and a spread is many times slower. */
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

/** Every shell sets `PWD`. In a file it is a password as any other. */
function isDirectoryOfShell(name: string, { source }: Site): boolean {
  return name === 'PWD' && source.layer === 'environment'
}

/** `DATABASE_URL` itself, or the variable through which it came. */
function via(name: string, taint: Taint): Taint {
  return taint[0] === name ? taint : [name, ...taint]
}
