import { type Explanation, loadConfig, parsePath, type ResolvedConfig, reveal } from '../../../index.ts'
import { FLAGS, LOAD_ARGS } from '../../args.ts'
import { defineCommand } from '../../command.ts'
import { confirmPrint, secretsOf } from '../../confirm.ts'
import { CliError, EXIT, type Io } from '../../io.ts'
import { loadOptions } from '../../options.ts'
import { type Fitting, jsonText, placeOf, printJson, shown, styled, table } from '../../output.ts'
import { PROFILE_REASON } from '../../project.ts'
import { LOAD_EXITS, PROBLEM } from '../../shapes.ts'
import { printWarnings } from '../../warnings.ts'
import { leafPaths, namesMeant, normalized } from './leaf-paths.ts'

export const show = defineCommand({
  examples: [
    ['systemprompt config show', 'Everything, with the origin of every value'],
    ['systemprompt config show server --json', 'One key and everything below it, as JSON'],
  ],
  output: 'A table of keys, values, layers and locations. Secrets are masked, as are variables that no schema names.',
  json: {
    'profile?': 'string|null',
    'config?': 'any',
    'secrets?': 'any',
    'variables?': ['string'],
    'typed_variables?': 'any',
    'warnings?': [PROBLEM],
    'path?': 'string',
    'value?': 'any',
  },
  exits: [...LOAD_EXITS, 'refused'],
  args: {
    path: {
      type: 'positional',
      completes: 'key',
      required: false,
      description: 'Show only this key and everything below it',
    },
    ...LOAD_ARGS,
    reveal: { type: 'boolean', description: 'Show secrets unmasked; asks first' },
    yes: FLAGS.yes,
  },
  async run({ args, io }) {
    const result = await loadConfig(loadOptions(args, io))
    const path = args.path === undefined ? undefined : normalized(String(args.path))
    const part = path === undefined ? result.config : partOf(result, path)
    const view = { result, path, isRevealed: args.reveal === true, env: io.env }
    if (args.reveal) await confirmPrint(args, io, secretsOf(result.profile))
    if (args.json) printJson(io, document(view, part))
    else io.out(`${render(io, view)}\n`)
    printWarnings(io, args.json ? [] : result.warnings)
    return EXIT.ok
  },
})

/** As the library shows secrets. */
const MASKED = '••••'

const OTHERS_MASKED = "The values of variables are masked: 'systemprompt config show NAME' shows one."

/** What is shown, and how. */
interface View {
  readonly result: ResolvedConfig
  /** Only this key and what is below it. */
  readonly path: string | undefined
  /** Whether secrets are shown unmasked. */
  readonly isRevealed: boolean
  readonly env: Io['env']
}

function partOf(result: ResolvedConfig, path: string): unknown {
  const { config, explain } = result
  const part = valueAt(config, path)
  if (part !== undefined || explain(path).length > 0) return part
  const meant = namesMeant(path, result)
  const hint = meant.length === 0 ? 'Without a path everything is shown.' : `Did you mean ${meant.join(' or ')}?`
  throw new CliError('NOT_FOUND', EXIT.notFound, `Nothing sets that key. ${hint}`)
}

function valueAt(config: unknown, path: string): unknown {
  return parsePath(path)?.reduce<unknown>(
    (at, step) => (isObject(at) && Object.hasOwn(at, step) ? Reflect.get(at, step) : undefined),
    config,
  )
}

function document(view: View, part: unknown): unknown {
  const { result, path, isRevealed } = view
  if (path !== undefined)
    return { path, value: part === undefined ? variableAt(path, view) : shownPart(path, view, part) }
  const { config, secrets, profile, warnings } = result
  const typed = [...typedRows(view)].map(({ path: name, value }) => [name, value] as const)
  return {
    profile: profile?.name ?? null,
    config: isRevealed ? reveal(config) : config,
    secrets: isRevealed ? Object.fromEntries(secrets.names().map((name) => [name, secrets.get(name)])) : secrets,
    variables: variablesOf(result),
    ...(isObject(result.variables) ? { typed_variables: Object.fromEntries(typed) } : {}),
    warnings,
  }
}

/** A part that is a secret itself has no object around it to mask it. */
function shownPart(path: string, { result, isRevealed }: View, part: unknown): unknown {
  if (isRevealed) return reveal(part)
  return isObject(part) ? part : result.explain(path)[0]?.value
}

function variableAt(path: string, view: View): unknown {
  const typed = [...typedRows(view)].find((row) => row.path === path)
  return (typed ?? variableRow(path, view))?.value
}

/**
 * The unmasked value of a secret or a variable. A variable that the environment already has is not in `env`, nor is a
 * setting.
 */
function realValue({ secrets, env, secretValues }: ResolvedConfig, path: string): string | undefined {
  const secret = secrets.get(path.replace(/^secrets\./, '')) ?? env[path]
  return secret ?? secretValues().find(({ name }) => name === path)?.value
}

interface Row {
  readonly path: string
  readonly value: unknown
  readonly from: Explanation
}

function render(io: Io, view: View): string {
  const { result, path, isRevealed } = view
  const { profile, layers } = result
  const typed = [...typedRows(view)]
  const others = variablesOf(result).filter((name) => typed.every((row) => row.path !== name))
  const rows = [...configRows(view), ...secretRows(view), ...typed]
  const wanted =
    path === undefined
      ? [...rows, ...others.flatMap((name) => otherRow(name, view) ?? [])]
      : rows.filter((row) => isAtOrBelow(row.path, path) || row.path === `secrets.${path}`)
  const variable = wanted.length === 0 && path !== undefined ? variableRow(path, view) : undefined
  const list = variable ? [variable] : wanted
  const cells = list.map(({ path: name, value, from }) => [name, shown(value), from.origin.layer, placeOf(from.origin)])
  // A secret that was asked for is useless if it is cut.
  const body = table(isRevealed ? { ...io, columns: undefined } : io, ['key', 'value', 'layer', 'from'], cells, FITTING)
  if (path !== undefined) return body
  const title = profile
    ? `Profile ${styled(io, 'bold', shown(profile.name))}, ${PROFILE_REASON[profile.chosenBy]}`
    : "No profile; 'systemprompt init' creates one"
  const files = layers.flatMap((layer) => layer.files ?? []).map(shown)
  return [
    `${title}\n${styled(io, 'dim', files.length === 0 ? 'no files' : files.join(', '))}`,
    ...(cells.length === 0 ? [] : [body]),
    ...(others.length === 0 || isRevealed ? [] : [styled(io, 'dim', OTHERS_MASKED)]),
  ].join('\n\n')
}

/** The variables in .env files that are no secrets by name. */
function variablesOf({ env, secrets }: ResolvedConfig): readonly string[] {
  return Object.keys(env).filter((name) => !secrets.has(name))
}

function* configRows({ result: { config, explain }, isRevealed }: View): Generator<Row> {
  for (const path of leafPaths(config)) {
    const [from] = explain(path)
    if (!from) continue
    yield { path, value: isRevealed ? valueAt(config, path) : from.value, from }
  }
}

function* secretRows({ result: { secrets, explain }, isRevealed }: View): Generator<Row> {
  for (const name of secrets) {
    const [from] = explain(`secrets.${name}`)
    if (from) yield { path: `secrets.${name}`, value: isRevealed ? secrets.get(name) : from.value, from }
  }
}

/** The values from the schema for variables; secrets have their own rows. */
function* typedRows({ result, isRevealed, env }: View): Generator<Row> {
  const { variables, secrets, explain } = result
  if (!isObject(variables)) return
  // The schema may pass every variable through, and nobody has asked for the whole environment.
  const path = Object.keys(env).find((name) => name.toUpperCase() === 'PATH')
  const isChosen = path !== undefined && !Object.hasOwn(variables, path)
  const values = isRevealed ? reveal(variables) : masked(variables)
  for (const [name, value] of Object.entries(values)) {
    const [from = BY_SCHEMA] = explain(name)
    if (value === undefined || secrets.has(name) || (!isChosen && from.origin.layer === 'environment')) continue
    yield { path: name, value, from }
  }
}

const BY_SCHEMA: Explanation = { value: undefined, origin: { layer: 'defaults', name: 'schema' } }

function masked(variables: object): object {
  const plain: unknown = JSON.parse(jsonText(variables))
  return isObject(plain) ? plain : {}
}

/** A variable of a .env file that no key refers to, or a secret by its environment name. */
function variableRow(path: string, { result, isRevealed }: View): Row | undefined {
  const [from] = result.explain(path)
  const real = isRevealed ? realValue(result, path) : undefined
  return from && { path, value: real ?? from.value, from }
}

/** Masked in a list, since nobody has said which of these values may be shown. */
function otherRow(name: string, view: View): Row | undefined {
  const row = variableRow(name, view)
  return row && (view.isRevealed ? row : { ...row, value: MASKED })
}

function isAtOrBelow(path: string, ancestor: string): boolean {
  return path === ancestor || path.startsWith(`${ancestor}.`) || path.startsWith(`${ancestor}[`)
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** The file name and the beginning of a value matter more than the layer, and the keys most of all. */
const FITTING: Fitting = {
  leaveOut: [2, 3],
  cut: [
    { column: 3, at: 'left', to: 20 },
    { column: 1, at: 'right', to: 16 },
    { column: 3, at: 'left' },
    { column: 1, at: 'right' },
    { column: 0, at: 'right' },
  ],
}
