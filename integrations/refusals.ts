import { basename, resolve } from 'node:path'
import { ConfigError, type Problem, type ProblemCode } from '../src/index.ts'
import type { Build } from './build.ts'
import { ownFileOf } from './own-files.ts'
import { pathWithin } from './path-within.ts'
import { type Refusal, refusalOf } from './virtual-module.ts'

/** The modules of a build, in terms common to all bundlers. */
export interface ModuleGraph {
  readonly ids: Iterable<string>
  importersOf(id: string): Iterable<string>
}

/**
 * An error that names every module that uses something refused, with its chain of importers; undefined if there is
 * none.
 */
export function refusals(
  graph: ModuleGraph,
  { root, consumer, confidential }: Pick<Build, 'root' | 'consumer' | 'confidential'>,
): ConfigError | undefined {
  const names = [...confidential].map((file) => basename(file))
  const problems = [...graph.ids].flatMap((id) => {
    if (isBetween(id)) return []
    // A cheap test first: most modules need no resolved path.
    const isNamed = names.some((name) => id.includes(name))
    const isLibrary = consumer !== 'server' && ownFileOf(id) === 'library'
    const byName = isLibrary ? ({ kind: 'library' } as const) : refusalOf(id, consumer)
    const refusal = byName ?? (isNamed ? refusalOfFile(id, root, confidential) : undefined)
    if (!refusal) return []
    const importers = [...graph.importersOf(id)]
    // The refused module can be the entry itself.
    const chains = importers.length === 0 ? [[]] : importers.map((importer) => chainFrom(importer, graph))
    return chains.map((chain) => refusedProblem(refusal, chain, root))
  })
  if (problems.length === 0) return undefined
  // Some bundlers also list an asset as a module.
  const once = new Map(problems.map((problem) => [JSON.stringify(problem), problem]))
  const place = ({ file = '', line = 0, column = 0 }: Problem): string =>
    [file, ...[line, column].map((number) => String(number).padStart(9, '0'))].join(':')
  const sorted = [...once.values()].sort((one, other) => (place(one) < place(other) ? -1 : 1))
  return withoutStack(new ConfigError(sorted, { title: 'The build was stopped' }))
}

/**
 * A stack that points into this plugin helps nobody. Rollup and Vite 7 print the stack after the message, without this
 * first line.
 */
export function withoutStack<T extends Error>(error: T): T {
  error.stack = `${error.name}: ${error.message}\n`
  return error
}

/** One refusal as a problem. `chain` begins with the module that uses it and ends with the entry. */
function refusedProblem(refusal: Refusal, chain: readonly string[], root: string): Problem {
  const [file, ...importers] = chain.filter((id) => !isBetween(id)).map((id) => shownId(id, root))
  const { code, key, message, remedy } = REFUSAL_TEXTS[refusal.kind](refusal as never)
  const place = refusal.kind === 'secret' ? { line: refusal.read.line, column: refusal.read.column } : {}
  const frame = importers.map((importer) => `      imported by ${importer}`).join('\n')
  return {
    code,
    key,
    message,
    remedy,
    ...(file === undefined ? {} : { file }),
    ...place,
    ...(frame === '' ? {} : { frame }),
    docs: `@systemprompt/env/docs/errors.md#${code.toLowerCase()}`,
  }
}

/** The modules that @rollup/plugin-commonjs inserts between a module and those that require it. */
export function isBetween(id: string): boolean {
  return id.startsWith('\0') && id.includes('?commonjs-')
}

/** A file with secrets that has another name, or is somewhere else. */
function refusalOfFile(id: string, root: string, confidential: ReadonlySet<string>): Refusal | undefined {
  const [path = ''] = id.split(/[?#]/)
  return confidential.has(resolve(root, path)) ? { kind: 'file', file: shownId(id, root) } : undefined
}

type RefusalText = { code: ProblemCode; key: string; message: string; remedy: string }

const REFUSAL_TEXTS: {
  readonly [Kind in Refusal['kind']]: (refusal: Extract<Refusal, { kind: Kind }>) => RefusalText
} = {
  library: () => ({
    code: 'CLIENT_IMPORT',
    key: '@systemprompt/env',
    message: 'reads configuration and secrets, and this module is part of a client bundle',
    remedy: "import public values from '@systemprompt/env/public'; keep the rest on the server",
  }),
  secret: ({ read }) => ({
    code: 'CLIENT_SECRET',
    key: read.name,
    message: 'is a secret, and this module is part of a client bundle',
    remedy: "read it on the server, and send the client what it needs; if it is made for browsers, name it in 'public'",
  }),
  file: ({ file }) => ({
    code: 'CONFIDENTIAL_FILE',
    key: file,
    message: 'may contain secrets, and must not be bundled',
    remedy: "read it at run time with '@systemprompt/env', or import public values from '@systemprompt/env/public'",
  }),
}

/** The shortest chain of importers from a module to an entry. */
function chainFrom(id: string, graph: ModuleGraph): readonly string[] {
  const cameFrom = new Map<string, string | undefined>([[id, undefined]])
  const queue = [id]
  let last = id
  for (const module of queue) {
    last = module
    const importers = [...graph.importersOf(module)].filter((importer) => !cameFrom.has(importer))
    if (importers.length === 0 && [...graph.importersOf(module)].length === 0) break
    for (const importer of importers) {
      cameFrom.set(importer, module)
      queue.push(importer)
    }
  }
  const chain: string[] = []
  for (let at: string | undefined = last; at !== undefined; at = cameFrom.get(at)) chain.unshift(at)
  return chain
}

function shownId(id: string, root: string): string {
  const [path = ''] = id.replace(/^\0|\u200B/g, '').split('?')
  return (pathWithin(root, path) || path).replaceAll('\\', '/')
}
