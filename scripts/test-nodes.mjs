/**
 * The tests of the library, the preload and the command line under every supported Node:
 *
 *   npm run test:nodes               20, 22, 24 and 26
 *   npm run test:nodes -- 22 26      these
 *   npm run test:nodes -- --bundlers 24   the bundler plugins under this one
 */
import { spawnSync } from 'node:child_process'
import { dirname } from 'node:path'
import { MAJORS, nodeBinary } from './node-binaries.mjs'

const COMMANDS = ['check', 'explain', 'process', 'run-watch', 'run.test', 'show', 'usage'].map(
  (name) => `test/cli/${name}`,
)
const SUITES = ['test/preload', 'test/api', 'test/resolve.test.ts', ...COMMANDS]

/** Tests of TypeScript's output, and of texts in the build: the same under every Node. */
const OF_TYPES = ['test/api/docstrings.test.ts', 'test/api/exported-types.test.ts']

/** Every host that builds, and each that watches or serves. */
const BUNDLERS = [
  ...['public', 'vite7', 'components', 'consumers', 'other-names', 'confidential-files'].map(
    (name) => `test/bundlers/${name}`,
  ),
  'dev.test.ts',
  'test/integrations',
]

const words = process.argv.slice(2)
const suites = words.includes('--bundlers') ? BUNDLERS : SUITES
const asked = words.filter((word) => word !== '--bundlers').map(Number)
const failed = (asked.length > 0 ? asked : MAJORS).filter((major) => !passes(major))
if (failed.length > 0) console.error(`\nFailed under Node ${failed.join(', ')}`)
process.exitCode = failed.length > 0 ? 1 : 0

function passes(major) {
  const node = nodeBinary(major)
  const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim()
  console.log(`\n=== Node ${version}`)
  const without = OF_TYPES.flatMap((file) => ['--exclude', file])
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--reporter=minimal', ...without, ...suites]
  const { status } = spawnSync(node, args, {
    stdio: 'inherit',
    // Programs that tests start by name, npm among them, must run under this Node as well.
    env: { ...process.env, PATH: `${dirname(node)}${process.platform === 'win32' ? ';' : ':'}${process.env.PATH}` },
  })
  return status === 0
}
