import type { Compiler } from '@rspack/core'
import type { Build } from '../build.ts'

/**
 * Replaces a file with secrets by an empty module before Rspack parses it, since it would print lines that do not
 * parse.
 *
 * @param loader `webpack-loader.cjs`
 */
export function hideConfidential({ options }: Compiler, build: Build, loader: string): void {
  const run = async (): Promise<readonly [string]> => ['module.exports = Object()']
  options.module.rules.push({
    resource: (path) => build.confidential.has(path),
    enforce: 'pre',
    type: 'javascript/auto',
    use: [{ loader, options: { run }, ident: '@systemprompt/env/hidden' }],
  })
}
