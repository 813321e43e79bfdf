import { collectProblems, configError } from '../errors/errors.ts'
import { parsePath } from '../path.ts'
import { parseYamlValue } from '../read/yaml-full.ts'
import { typedScalar } from '../text/yaml-scalar.ts'
import { toPlain, variableSource } from '../tree.ts'
import type { PlainTree } from './options.ts'

/**
 * Overrides from texts as a command line has them. Values have the type that they have in YAML.
 *
 * @throws ConfigError INVALID_OPTION for a text that is not `path=value`
 * @example
 * parseOverrides(['server.port=9090', 'extensions.disabled=[a, b]'])
 * //=> { 'server.port': 9090, 'extensions.disabled': ['a', 'b'] }
 */
export function parseOverrides(settings: readonly string[]): PlainTree {
  return Object.fromEntries(settings.map(parseOverride))
}

function parseOverride(setting: string): [string, unknown] {
  const equals = setting.indexOf('=')
  const path = setting.slice(0, Math.max(equals, 0))
  if (parsePath(path) === undefined) {
    throw configError({
      code: 'INVALID_OPTION',
      key: 'overrides',
      message: 'contains a setting that is not path=value',
      remedy: 'write it as in server.port=9090',
    })
  }
  return [path, typed(setting.slice(equals + 1))]
}

/** A list, a map or a quoted text as YAML has them on one line; anything else, and what does not parse, is a scalar. */
function typed(text: string): unknown {
  if (!/^\s*[[{"']/.test(text)) return typedScalar(text)
  const source = { ...variableSource('overrides', 'overrides'), text }
  const node = parseYamlValue(source, collectProblems())
  return node ? toPlain(node) : text
}
