import { type SettledOptions, variableIn } from '../options/options.ts'
import { isSetIn } from '../read/environment.ts'
import type { Resolution } from '../resolve.ts'
import { isSettingName } from '../schema/setting-name.ts'
import { literal, mapNode, variableSource } from '../tree.ts'
import type { MapNode, ScalarNode } from '../types.ts'

/**
 * The variables that a program has after the preload: the process environment, and what the preload adds. Each has its
 * site, and a taint if it is secret. Settings (`SYSTEMPROMPT__A__B`) and empty variables are left out.
 */
export function processVariables({ layers, env }: Resolution, { env: given, emptyIsValue }: SettledOptions): MapNode {
  const variables = new Map<string, ScalarNode>()
  for (const name of Object.keys(given)) {
    if (isSettingName(name) || !isSetIn({ env: given, emptyIsValue, isSecret: layers.isSecret }, name)) continue
    const node = literal(variableIn(given, name) ?? '', { source: variableSource('environment', name) })
    variables.set(name, layers.isSecret(name) ? { ...node, taint: [name] } : node)
  }
  for (const name of Object.keys(env)) {
    const variable = layers.variables.get(name)
    if (typeof variable !== 'object') continue
    // A .env file made from a template may list variables without values, just as platforms export empty ones.
    if (variable.value === '' && !emptyIsValue) {
      variables.delete(name)
      continue
    }
    const node = literal(variable.value, variable.site)
    variables.set(name, variable.taint ? { ...node, taint: variable.taint } : node)
  }
  return mapNode(variables, { source: variableSource('environment', 'variables') })
}
