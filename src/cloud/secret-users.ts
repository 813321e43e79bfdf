import { collectProblems } from '../errors/errors.ts'
import { readServices } from '../read/services.ts'
import { leaves } from '../tree.ts'
import { cloudName } from './secrets-map.ts'

/**
 * The services whose configs use a secret, sorted: `api_key: ${ANTHROPIC_API_KEY}`. Empty if the configs cannot be
 * read; loading them reports that.
 *
 * @param secret its name in the cloud
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

/** `$${NAME}` and `\${NAME}` are plain text. */
function variablesIn(text: string): readonly string[] {
  return [...text.matchAll(/(?<![$\\])\$\{\s*([A-Za-z_]\w*)/g)].flatMap(([, name]) => name ?? [])
}
