import { readFileSync } from 'node:fs'
import { createRequire, isBuiltin } from 'node:module'
import { pathToFileURL } from 'node:url'
import { transformSync } from 'esbuild'
import { expect, test } from 'vitest'

/**
 * Imports as Docusaurus does for its configuration, by jiti 1: whatever is an ES module becomes CommonJS, packages as well, and
 * knows nothing of `import.meta` but its `url`. Files that are CommonJS by their name are left to Node.
 */
function importCompiled(specifier: string, importer: string): unknown {
  const require = createRequire(importer)
  const file = require.resolve(specifier)
  if (isBuiltin(file) || !/\.m?js$/.test(file)) return require(file)
  const { code } = transformSync(readFileSync(file, 'utf8'), {
    format: 'cjs',
    platform: 'node',
    logLevel: 'silent',
    define: { 'import.meta.url': JSON.stringify(pathToFileURL(file)) },
  })
  const module = { exports: {} }
  const run = new Function('module', 'exports', 'require', code)
  run(module, module.exports, (other: string) => importCompiled(other, file))
  return module.exports
}

test.each(['webpack', 'rspack'])(
  'the plugin for %s can be imported by a configuration that is compiled to CommonJS',
  (name) => {
    const imported = importCompiled(`@systemprompt/env/${name}`, import.meta.url) as { default?: unknown }
    const plugin = imported.default ?? imported
    expect(plugin).toBeTypeOf('function')
    expect((plugin as () => unknown)()).toHaveProperty('apply')
  },
)
