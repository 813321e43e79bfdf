import { discover, type Project } from './discover.ts'
import { flatEnvironment } from './environment/flat-env.ts'
import { collectProblems, type Problems } from './errors/errors.ts'
import { displayPath } from './files/paths.ts'
import type { Trail } from './files/trail.ts'
import { merge, withLists } from './merge.ts'
import type { SettledOptions } from './options/options.ts'
import { inPrecedence } from './read/dotenv.ts'
import { pathExists } from './read/guard.ts'
import { type Layers, readLayers } from './read/layers.ts'
import { BEYOND_LIST, placeOf } from './read/settings.ts'
import { checkSecrets, resolveSecrets } from './secrets/resolve-secrets.ts'
import type { ResolvedSecret } from './secrets/secrets.ts'
import { disableProviders } from './substitute/disable-providers.ts'
import { substitute } from './substitute/substitute.ts'
import type { MapNode, Site, TreeNode } from './types.ts'
import { checkProfile, PROFILE_DEFAULTS } from './validate/check-profile.ts'

/** A resolved project, before any schema is asked. */
export interface Resolution {
  readonly project: Project
  readonly layers: Layers
  readonly tree: MapNode
  readonly secrets: readonly (ResolvedSecret & { readonly site: Site })[]
  readonly env: Readonly<Record<string, string>>
  /** The problems found so far; none of them has been thrown. */
  readonly problems: Problems
  /** Every file could be read, so it makes sense to ask a schema. */
  readonly isReadable: boolean
}

/** Problems of missing values, which may be in a file that could not be read; that file is reported already. */
const ABSENCES = ['UNDEFINED_VARIABLE', 'REQUIRED_VARIABLE', 'SECRET_MISSING', 'PROVIDER_DISABLED'] as const

/** Runs the stages before the schemas, in order. Problems in files are collected, not thrown. */
export function resolve(options: SettledOptions, trail: Trail): Resolution {
  let project: Project | undefined
  const problems = collectProblems(() => project?.profile?.name, trail)
  project = discover(options, problems)
  const layers = readLayers(project, options, problems)
  const isReadable = problems.errors.length === 0
  const merged = mergeLayers(layers, project, options, problems)
  const enabled = disableProviders(merged, layers.variables, options.onUndefined, problems)
  const substituted = substitute(enabled, layers.variables)
  const tree = checkAgainstProfile(substituted, layers, project, options, problems)
  const secrets = resolveSecrets(layers.secretNames, layers.secretsFile, layers.variables)
  checkSecrets(secrets, secretsCheck(layers, options), problems)
  const env = flatEnvironment(layers, secrets, options, problems)
  if (!layers.secretsFile.isWhole || !layers.dotenvFiles.isWhole) problems.withdraw(ABSENCES)
  return { project, layers, tree, secrets, env, problems, isReadable }
}

/** Merges from the lowest precedence to the highest, each layer over those below it (formats.md, section 6). */
function mergeLayers(layers: Layers, project: Project, { dotenv }: SettledOptions, problems: Problems): MapNode {
  const onUnreachable = (item: TreeNode): void => problems.error({ ...BEYOND_LIST, ...placeOf(item) })
  const { overrides, environment, services, profile, defaults } = layers
  const given = project.profile ? merge(defaults, PROFILE_DEFAULTS) : defaults
  const files = [...(profile ? [profile] : []), services].reduce(
    (below, layer) => merge(layer, below, { order: 'upper' }),
    given,
  )
  const variables = inPrecedence(dotenv, { fromProcess: [environment], fromFiles: [layers.dotenv] })
  const withVariables = variables.reduceRight(
    (below, layer) => merge(layer, below, { foldCase: true, onUnreachable }),
    files,
  )
  const merged = merge(overrides, withVariables, { onUnreachable })
  return [overrides, ...variables, defaults].some(({ entries }) => entries.size > 0) ? withLists(merged) : merged
}

function checkAgainstProfile(
  tree: MapNode,
  layers: Layers,
  project: Project,
  options: SettledOptions,
  problems: Problems,
): MapNode {
  const { profile, root } = project
  if (!profile || !layers.profile) return tree
  const file = displayPath(root, profile.file)
  return checkProfile(tree, { profile, file, strict: options.strict, exists: pathExists }, problems)
}

function secretsCheck(layers: Layers, options: SettledOptions): Parameters<typeof checkSecrets>[1] {
  return {
    validation: layers.secretsValidation,
    required: options.secrets?.required ?? [],
    missing: options.secrets?.missing ?? 'error',
    lookedIn: layers.lookedIn,
    hasFile: !layers.secretsFile.isUnneeded,
    isFailed: layers.isFailed,
  }
}
