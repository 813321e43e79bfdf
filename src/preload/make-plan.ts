import { resolvePath } from '../files/paths.ts'
import type { Resolution } from '../resolve.ts'
import { parseTemplate, type Reference, type Template } from '../substitute/template.ts'
import type { Site } from '../types.ts'
import type { Inputs } from './inputs.ts'
import { isOwnVariable, joinPieces, type Piece, type Plan, type Start } from './plan.ts'

/** Variables that hold paths and no secrets; a start that depends on any other variable gets no plan. */
const PATH_VARIABLES = ['SYSTEMPROMPT_PROFILE', 'HOME', 'USERPROFILE']
/** A file that changed more recently, in milliseconds, may change again at the same time: FAT counts in two seconds. */
const SETTLE_TIME = 2500

/**
 * Makes a plan with which the next start can set the same variables without resolving anything. Undefined if that is
 * not possible: a variable was used that may be secret, a file is so new that a change could go unnoticed, or a value
 * is not in a file in the same form.
 *
 * @param values the variables that this start sets
 * @param now milliseconds since 1970
 */
export function makePlan(
  { version, cwd }: Start,
  values: Readonly<Record<string, string>>,
  resolution: Resolution,
  inputs: Inputs,
  now: number,
): Plan | undefined {
  if (inputs.changedAt > now - SETTLE_TIME) return undefined
  const variables = [...inputs.variables]
  if (variables.some(([name, value]) => value && !PATH_VARIABLES.includes(name))) return undefined
  const search: Search = { resolution, files: inputs.files, texts: {}, names: [] }
  const made = Object.entries(values).map(([name, value]) => [name, value, piecesOf(name, value, search)] as const)
  const texts = made.filter(([name, , pieces]) => pieces === undefined && isOwnVariable(name))
  if (made.some(([name, , pieces]) => pieces === undefined && !isOwnVariable(name))) return undefined
  const isSource = ([path]: readonly [string, string]): boolean => Object.hasOwn(search.texts, path)
  return {
    version,
    cwd,
    files: Object.fromEntries([...inputs.files].filter((file) => !isSource(file))),
    sources: Object.fromEntries([...inputs.files].filter(isSource)),
    directories: Object.fromEntries(inputs.directories),
    unset: variables.filter(([, value]) => !value).map(([name]) => name),
    set: Object.fromEntries(variables.flatMap(([name, value]) => (value ? [[name, value]] : []))),
    values: Object.fromEntries(made.flatMap(([name, , pieces]) => (pieces ? [[name, pieces]] : []))),
    texts: Object.fromEntries(texts.map(([name, value]) => [name, value])),
  }
}

interface Search {
  readonly resolution: Resolution
  /** Paths and their signatures. */
  readonly files: ReadonlyMap<string, string>
  /** The texts of the files that pieces were found in. */
  readonly texts: Record<string, string>
  /** The variables that are being followed. */
  readonly names: readonly string[]
}

/** The pieces of files that form the value; undefined unless they form exactly that value. */
function piecesOf(name: string, value: string, search: Search): readonly Piece[] | undefined {
  const pieces = piecesOfVariable(name, search)
  return pieces && joinPieces(pieces, search.texts) === value ? pieces : undefined
}

function piecesOfVariable(name: string, search: Search): readonly Piece[] | undefined {
  const { resolution, names } = search
  const [definition] = resolution.layers.candidates(name)
  if (!definition || names.includes(name)) return undefined
  const { value, site, expands } = definition
  const template = expands ? parseTemplate(value) : undefined
  if (template === 'too deep') return undefined
  return template
    ? piecesOfTemplate(template, site, { ...search, names: [...names, name] })
    : pieceOf(value, site, search)
}

function piecesOfTemplate(template: Template, site: Site, search: Search): readonly Piece[] | undefined {
  const pieces: Piece[] = []
  for (const part of template) {
    const found = typeof part === 'string' ? pieceOf(part, site, search) : piecesOfReference(part, site, search)
    if (!found) return undefined
    pieces.push(...found)
  }
  return pieces
}

function piecesOfReference(
  { name, operator, operand }: Reference,
  site: Site,
  search: Search,
): readonly Piece[] | undefined {
  if (operator !== '' && operator !== '-' && operator !== ':-') return undefined
  const variable = search.resolution.layers.variables.get(name)
  const isSet = typeof variable === 'object' && (variable.value !== '' || operator !== ':-')
  return isSet ? piecesOfVariable(name, search) : piecesOfTemplate(operand, site, search)
}

/** The position of a string in its file, from the site on, as it is or as a JSON string. */
function pieceOf(text: string, { source, offset = 0 }: Site, search: Search): readonly Piece[] | undefined {
  const { resolution, files, texts } = search
  const { file, text: fileText } = source
  if (text === '') return []
  if (file === undefined || fileText === undefined) return undefined
  const path = resolvePath(file, resolution.project.root)
  if (!isVerbatim(fileText, files.get(path))) return undefined
  texts[path] = fileText
  const start = fileText.indexOf(text, offset)
  if (start !== -1) return [{ file: path, start, end: start + text.length }]
  const end = endOfJsonString(fileText, offset)
  return end === undefined ? undefined : [{ file: path, start: offset, end, isJson: true }]
}

function endOfJsonString(text: string, offset: number): number | undefined {
  const string = /"(?:[^"\\\n]|\\.)*"/y
  string.lastIndex = offset
  return string.test(text) ? string.lastIndex : undefined
}

/** Whether the text is the file's own: if reading removed a BOM or carriage returns, positions differ. */
function isVerbatim(text: string, signature: string | undefined): boolean {
  return signature !== undefined && Number(signature.split(':')[2]) === Buffer.byteLength(text)
}
