import { withoutStack } from '../refusals.ts'
import { isGenerated, PUBLIC_MODULES, refusedSpecifier } from '../virtual-module.ts'

type IsExternal = (this: unknown, specifier: string, ...rest: readonly unknown[]) => unknown

/**
 * The options of Rollup or Rolldown, with the public values bundled whatever `external` says about packages: it is
 * asked before plugins are, and outside the bundle the values would not know the `public` list at run time. The marks
 * in code that reads a secret are bundled too: Rolldown does not say who imports an external module.
 */
export function withPublicBundled<Options extends object>(options: Options): Options {
  const isExternal = isExternalOf(Reflect.get(options, 'external'))
  if (!isExternal) return options
  const external: IsExternal = function (specifier, ...rest) {
    return isGenerated(specifier) ? false : isExternal.call(this, specifier, ...rest)
  }
  return { ...options, external }
}

/**
 * The error if a plugin before ours made the public values external, in which case the bundler asks no other plugin.
 */
export function externalError(ids: Iterable<string>): Error | undefined {
  const outside = [...ids].find((id) => PUBLIC_MODULES.includes(id) && !id.startsWith('\0'))
  if (outside === undefined) return undefined
  return withoutStack(
    new Error(
      `A plugin makes '${outside}' external, where it has no values: list '@systemprompt/env' before that plugin, or exclude it in the options of that plugin`,
    ),
  )
}

/** Undefined if a list contains nothing of ours: Rolldown matches a list without calling JavaScript. */
function isExternalOf(external: unknown): IsExternal | undefined {
  if (typeof external === 'function') return external as IsExternal
  const list: readonly unknown[] = [external].flat()
  const isExternal: IsExternal = (specifier) =>
    list.some((one) => (one instanceof RegExp ? specifier.search(one) !== -1 : one === specifier))
  return MADE.some((name) => isExternal(name)) ? isExternal : undefined
}

/** One mark stands for all. */
const MADE = [...PUBLIC_MODULES, refusedSpecifier({ name: 'X', line: 1, column: 1 })]
