import type { ParserOptions } from 'oxc-parser'
import { languageOf } from './language.ts'
import type { Node } from './syntax.ts'

/** The hooks of Vite and Rolldown offer the same parser, which is already loaded. */
interface HostParser {
  readonly meta: { readonly rolldownVersion: string }
  parse(code: string, options: ParserOptions): unknown
}

/**
 * The syntax tree of a module; undefined if it does not parse: the bundler reports that.
 *
 * @param context the `this` of the calling hook, for the host's own parser
 */
export async function parseModule(code: string, id: string, context: object = {}): Promise<Node | undefined> {
  const options = { lang: languageOf(id), sourceType: 'module', preserveParens: true } as const
  if (hasParser(context)) {
    try {
      return context.parse(code, options) as Node
    } catch {
      // An older host may not know the options; then our own parser decides.
    }
  }
  const { parseSync } = await import('oxc-parser')
  // Old CommonJS may `return` outside functions, or name a variable `await`.
  for (const sourceType of ['module', 'commonjs'] as const) {
    const { program, errors } = parseSync(id, code, { ...options, sourceType })
    if (!errors.some(({ severity }) => severity === 'Error')) return program as unknown as Node
  }
  return undefined
}

function hasParser(context: object): context is HostParser {
  const { meta } = context as Partial<HostParser>
  return meta?.rolldownVersion !== undefined && 'parse' in context
}
