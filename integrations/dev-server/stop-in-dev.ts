import type { DevEnvironment, Environment } from 'vite'
import type { Build } from '../build.ts'
import { consumerOf } from '../consumer.ts'
import { NOTHING } from '../public-env.ts'
import { refusals } from '../refusals.ts'

/**
 * A development server never reaches the end of a build, so each refused module is an error by itself.
 * @throws ConfigError with the importers that are known so far
 */
export function stopInDev(context: object, id: string, build: Build): void {
  if (!isInDev(context)) return
  // No configuration was ever valid: there are no values to continue with.
  if (build.failure && build.env === NOTHING) throw build.failure
  const { moduleGraph } = context.environment
  // A module's imports are preloaded before the graph knows about them; afterwards the graph knows.
  const lastImporter = [build.lastImporters.get(id) ?? []].flat()
  build.lastImporters.delete(id)
  const importersOf = (of: string): readonly string[] => {
    const known = [...(moduleGraph.getModuleById(of)?.importers ?? [])].flatMap((importer) => importer.id ?? [])
    return of === id ? [...new Set([...known, ...lastImporter])] : known
  }
  const error = refusals(
    { ids: [id], importersOf },
    { root: build.root, confidential: build.confidential, consumer: consumerOf(context, build) },
  )
  if (error) throw error
}

/** Whether a hook runs for one of Vite's development servers. */
export function isInDev(context: object): context is { readonly environment: DevEnvironment } {
  return (Reflect.get(context, 'environment') as Environment | undefined)?.mode === 'dev'
}
