import { collectProblems, configError } from '../errors/errors.ts'
import { parsePath } from '../path.ts'
import { parseYamlValue } from '../read/yaml-full.ts'
import { typedScalar } from '../text/yaml-scalar.ts'
import { toPlain, variableSource } from '../tree.ts'
import type { PlainTree } from './options.ts'

/**
 * Parses overrides as a command line has them. Values are typed as in YAML.
 *
 * @throws ConfigError INVALID_OPTION for a string that is not `path=value`
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
      remedy: 'write it like server.port=9090',
    })
  }
  return [path, typed(setting.slice(equals + 1))]
}

/** A list, map or quoted string in YAML's flow style; anything else, and what does not parse, is a scalar. */
function typed(text: string): unknown {
  if (!/^\s*[[{"']/.test(text)) return typedScalar(text)
  const source = { ...variableSource('overrides', 'overrides'), text }
  const node = parseYamlValue(source, collectProblems())
  return node ? toPlain(node) : text
}
