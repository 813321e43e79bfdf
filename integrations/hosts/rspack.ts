import type { Compiler } from '@rspack/core'
import type { Build } from '../build.ts'

/**
 * Puts nothing in place of a file with secrets, before Rspack reads it: it would print the lines that it cannot read.
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
