import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterFile } from './after-file.ts'

const made: string[] = []

afterFile(() => {
  for (const directory of made.splice(0)) rmSync(directory, { recursive: true, force: true })
})

/**
 * Bundles a TypeScript entry into one file for a child process: what may end the process cannot be tested in this one.
 * It contains the same builds of packages as the published bundle. Returns its path.
 */
export async function bundleForChild(entry: string): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'systemprompt-child-'))
  made.push(directory)
  const outfile = join(directory, `${basename(entry, '.ts')}.mjs`)
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'error',
    // CommonJS packages, such as undici, load Node's own modules with it.
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
    },
    alias: {
      yaml: inModules('yaml/browser/index.js'),
      'jsonc-parser': inModules('jsonc-parser/lib/esm/main.js'),
    },
  })
  return outfile
}

function inModules(path: string): string {
  return fileURLToPath(new URL(`../../node_modules/${path}`, import.meta.url))
}
