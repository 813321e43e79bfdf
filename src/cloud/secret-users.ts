import { collectProblems } from '../errors/errors.ts'
import { readServices } from '../read/services.ts'
import { leaves } from '../tree.ts'
import { cloudName } from './secrets-map.ts'

/**
 * The services whose configs name a secret, sorted: `api_key: ${ANTHROPIC_API_KEY}`. None where the configs cannot be
 * read, which is said when they are loaded.
 *
 * @param secret by its name in the cloud
 */
export function servicesUsing(
  { root, directory }: { readonly root: string; readonly directory: string },
  secret: string,
): readonly string[] {
  const { tree } = readServices({ root, directory }, collectProblems())
  const using = new Set<string>()
  for (const [[service], leaf] of leaves(tree)) {
    const value = leaf.kind === 'scalar' && typeof leaf.value === 'string' ? leaf.value : ''
    if (variablesIn(value).some((name) => cloudName(name) === secret)) using.add(String(service))
  }
  return [...using].sort()
}

/** `$${NAME}` and `\${NAME}` are text. */
function variablesIn(text: string): readonly string[] {
  return [...text.matchAll(/(?<![$\\])\$\{\s*([A-Za-z_]\w*)/g)].flatMap(([, name]) => name ?? [])
}
