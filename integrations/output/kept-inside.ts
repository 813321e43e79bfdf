import { withoutStack } from '../refusals.ts'
import { isMade, PUBLIC_MODULES, refusedSpecifier } from '../virtual-module.ts'

type IsExternal = (this: unknown, specifier: string, ...rest: readonly unknown[]) => unknown

/**
 * The options of Rollup or Rolldown, with the public values inside whatever `external` says of packages. It is asked before
 * plugins are, and what is left outside knows no `public` list when it runs. The marks of code that
 * reads a secret stay inside too: Rolldown does not say who imports what is outside.
 */
export function keptInside<Options extends object>(options: Options): Options {
  const isExternal = isExternalOf(Reflect.get(options, 'external'))
  if (!isExternal) return options
  const external: IsExternal = function (specifier, ...rest) {
    return isMade(specifier) ? false : isExternal.call(this, specifier, ...rest)
  }
  return { ...options, external }
}

/** What is wrong where a plugin that comes before ours has left the public values outside: their bundler asks no other. */
export function leftOutside(ids: Iterable<string>): Error | undefined {
  const outside = [...ids].find((id) => PUBLIC_MODULES.includes(id) && !id.startsWith('\0'))
  if (outside === undefined) return undefined
  return withoutStack(
    new Error(
      `A plugin makes '${outside}' external, where it has no values: list '@systemprompt/env' before that plugin, or exclude it in the options of that plugin`,
    ),
  )
}

/** Undefined where a list says nothing of ours: Rolldown goes through a list without asking JavaScript. */
function isExternalOf(external: unknown): IsExternal | undefined {
  if (typeof external === 'function') return external as IsExternal
  const list: readonly unknown[] = [external].flat()
  const isExternal: IsExternal = (specifier) =>
    list.some((one) => (one instanceof RegExp ? specifier.search(one) !== -1 : one === specifier))
  return MADE.some((name) => isExternal(name)) ? isExternal : undefined
}

/** Of marks one like all others. */
const MADE = [...PUBLIC_MODULES, refusedSpecifier({ name: 'X', line: 1, column: 1 })]
