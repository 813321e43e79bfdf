import type { PublicValues } from '../src/index.ts'
import * as library from '../src/index.ts'
import { literalOf } from './code/literal.ts'
import type { Consumer, PluginOptions } from './options.ts'
import type { PublicEnv } from './public-env.ts'

/** All specifiers of ours, whatever the entry, and of files that code must not import. */
export const OWN_MODULES =
  /^(?:@systemprompt\/env(?:\/|$)|virtual:systemprompt\/public$)|\0@systemprompt\/env\/public$|(?:^|[\\/])\.systemprompt[\\/]|(?:^|[\\/])\.env(?:[.?][^\\/]*)?$/

/** The modules that the plugin generates, and the files that no bundle may contain. */
export const OWN_IDS = /@systemprompt\/env\/(?:public|refused)|[\\/]\.systemprompt[\\/]|[\\/]\.env(?:[.?][^\\/]*)?$/

export const PUBLIC = '@systemprompt/env/public'
/** Its alternative name, which no package has. */
const VIRTUAL = 'virtual:systemprompt/public'
/** What code calls the module of public values, and the id that it resolves to. */
export const PUBLIC_MODULES: readonly string[] = [PUBLIC, VIRTUAL, `\0${PUBLIC}`]
/** The import added to code that reads a secret, so that the bundler's own graph records who did. */
export const REFUSED = '@systemprompt/env/refused'
/** All entries except the public values. */
const LIBRARY = /^@systemprompt\/env(?:$|\/(?!public$))/
/** Entries that contain nothing for the server alone. */
const HARMLESS = /^@systemprompt\/env\/(?:schema(?:$|\/)|package\.json$)/
const CONFIDENTIAL = /(?:^|[\\/])((?:\.systemprompt[\\/].*?|\.env(?:\.[^\\/]*?)?))(?:[?#].*)?$/

/** The id that a specifier resolves to; undefined if it is not ours. The NUL keeps other plugins away. */
export function resolveOwn(specifier: string, consumer: Consumer): string | undefined {
  if (specifier === PUBLIC || specifier === VIRTUAL) return `\0${PUBLIC}`
  // Farm resolves the id again, as if it were a path.
  if (specifier.endsWith(`\0${PUBLIC}`)) return `\0${PUBLIC}`
  if (specifier.startsWith(REFUSED)) return `\0${specifier}`
  const [, file] = CONFIDENTIAL.exec(specifier) ?? []
  // Written so that neither a JSON plugin nor a server's file guard takes it for the file.
  if (file !== undefined) return refusedFile(file)
  if (!LIBRARY.test(specifier)) return undefined
  return consumer === 'server' || HARMLESS.test(specifier) ? undefined : `\0${REFUSED}`
}

/** Whether a specifier or an id names a module that the plugin generates. */
export function isGenerated(name: string): boolean {
  return PUBLIC_MODULES.includes(name) || name.startsWith(REFUSED) || name.startsWith(`\0${REFUSED}`)
}

/** What the module of public values is generated from. */
export interface PublicModule extends Pick<PublicEnv, 'values' | 'settings'> {
  readonly phase?: PluginOptions['phase']
  /** Whether the bundler reads CommonJS, which has no named exports that could be missing. @default false */
  readonly isCommonJsRead?: boolean
  /**
   * An expression for the URL that the output is served from, as the host writes it; by default, the page's directory.
   */
  readonly servedFrom?: string | undefined
  /** Whether it is only for a worker, which can fetch the values without `await`. @default false */
  readonly isForWorker?: boolean
  readonly consumer: Consumer
}

/** The code of one of the plugin's modules; undefined for other ids. */
export function sourceOf(id: string, module: PublicModule): string | undefined {
  if (id.includes(`\0${PUBLIC}`))
    return module.phase === 'runtime' ? runtimeModule(module) : publicModule(module.values)
  const refusal = refusalOf(id)
  return refusal && (module.isCommonJsRead ? 'module.exports = Object()\n' : refusedModule())
}

/** Exports each value by name, so that unused ones are not shipped; the default export has all. */
function publicModule(values: PublicValues): string {
  const constants = Object.entries(values).map(([name, value]) => `export const ${name} = ${literalOf(value)}`)
  return [...constants, `export default { ${Object.keys(values).join(', ')} }`, ''].join('\n')
}

/**
 * The same names, with values that are looked up when the module runs. Its own variables begin with `__`, to avoid
 * clashes.
 */
function runtimeModule({ values, consumer, settings, servedFrom = "''", isForWorker = false }: PublicModule): string {
  const lines =
    consumer === 'server'
      ? [
          "import { loadConfigSync as __load } from '@systemprompt/env'",
          `const __values = __load(${JSON.stringify(settings)}).publicValues()`,
        ]
      : [
          "if (location.protocol === 'data:')",
          "  throw new Error('A worker in a data: URL cannot tell where env.json is: import it without &inline')",
          // An inlined worker is a blob, whose URL contains only the origin.
          "const __page = new URL(globalThis.document?.baseURI ?? location.href.replace(/^blob:(.*\\/).*/, '$1'))",
          `const __served = new URL(${servedFrom}, __page)`,
          // What is served from another origin is the same for every deployment.
          "const __file = new URL('env.json', __served.origin === __page.origin ? __served : __page)",
          ...SYNCHRONOUS_REQUEST,
          isForWorker ? 'const __text = __ask()' : `const __text = ${FETCHED_TEXT}`,
          'const __values = __parse(__text)',
          // Some servers answer with a page if the file does not exist.
          'if (__values === undefined)',
          "  throw new Error(__file.pathname + ' does not exist: systemprompt public > env.json creates it')",
        ]
  const names = Object.keys(values)
  const constants = names.map((name, index) => `const __value${index} = __values.${name}`)
  const exported = names.map((name, index) => `__value${index} as ${name}`)
  return [...lines, ...constants, `export { ${exported.join(', ')} }`, 'export default __values', ''].join('\n')
}

/** Messages that arrive while a worker awaits something are lost, and a classic worker cannot `await` at all. */
const SYNCHRONOUS_REQUEST = [
  'function __ask() {',
  '  const request = new XMLHttpRequest()',
  "  request.open('GET', __file, false)",
  '  request.send()',
  "  return request.status >= 200 && request.status < 300 ? request.responseText : ''",
  '}',
  'function __parse(text) {',
  '  try {',
  '    return JSON.parse(text)',
  '  } catch {}',
  '}',
]

const FETCHED_TEXT =
  "globalThis.document || !globalThis.XMLHttpRequest ? await fetch(__file).then((response) => (response.ok ? response.text() : '')) : __ask()"

/** Takes the place of a refused module until the build fails with a list of everyone who used one. */
function refusedModule(): string {
  const names = Object.keys(library).filter((name) => name !== 'default' && name !== 'module.exports')
  return `${names.map((name) => `export const ${name} = undefined`).join('\n')}\nexport default undefined\n`
}

/** A place in code that reads a secret. */
export interface SecretRead {
  readonly name: string
  /** 1-based. */
  readonly line: number
  readonly column: number
}

/** The import that marks a module as a reader: `@systemprompt/env/refused/secret/DATABASE_URL/3/9`. */
export function refusedSpecifier({ name, line, column }: SecretRead): string {
  return `${REFUSED}/secret/${encodeURIComponent(name)}/${line}/${column}`
}

/** The marks that CommonJS code requires. */
export function marksRequiredIn(code: string): readonly string[] {
  if (!code.includes(REFUSED)) return []
  return Array.from(code.matchAll(REQUIRED), ([, , mark = '']) => mark)
}

const REQUIRED = /\brequire\((["'])(@systemprompt\/env\/refused\/secret\/[^"']+)\1\)/g

/** The id that stands for a file that no bundle may contain. */
export function refusedFile(file: string): string {
  return `\0${REFUSED}/file/${Buffer.from(file).toString('base64url')}`
}

/** Whether a specifier names a file that no bundle may contain. */
export function isConfidential(specifier: string): boolean {
  return CONFIDENTIAL.test(specifier)
}

/** Why a module of the graph must not be part of a bundle. */
export type Refusal =
  | { readonly kind: 'library' }
  | { readonly kind: 'secret'; readonly read: SecretRead }
  | { readonly kind: 'file'; readonly file: string }

/**
 * Whether a module is refused, and why. webpack and Rspack URL-encode the ids of generated modules. In a client the
 * library itself is refused too, if the bundler was told to make it external.
 */
export function refusalOf(id: string, consumer?: Consumer): Refusal | undefined {
  const isOutside = LIBRARY.test(id) && !id.startsWith(REFUSED)
  if (consumer !== undefined && consumer !== 'server' && isOutside && resolveOwn(id, 'client'))
    return { kind: 'library' }
  const text = id.includes('%40systemprompt%2F') ? decodeURIComponent(id.slice(id.lastIndexOf('%40systemprompt'))) : id
  const start = text.indexOf(REFUSED)
  if (start === -1) {
    const [, file] = CONFIDENTIAL.exec(id) ?? []
    return file === undefined ? undefined : { kind: 'file', file: file.replaceAll('\\', '/') }
  }
  const [kind, name = '', line, column] = text.slice(start + REFUSED.length + 1).split('/')
  if (kind === 'file') return { kind, file: Buffer.from(name, 'base64url').toString().replaceAll('\\', '/') }
  if (kind !== 'secret') return { kind: 'library' }
  return { kind: 'secret', read: { name: decodeURIComponent(name), line: Number(line), column: Number(column) } }
}
