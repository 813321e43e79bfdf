import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * Bundlers make a process of 1.5 GB out of one of 0.1, and TypeScript one of 0.4: it then takes up to 0.1 s longer to start
 * each child. So their tests come after those that start many.
 */
const LARGE = /\/test\/(?:bundlers|integrations)\/|\/(?:docs|docstrings|package|public-types)\.test\.ts$/

class LargeLast extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const isLarge = ({ moduleId }: TestSpecification): boolean => LARGE.test(moduleId)
    return [...sorted.filter((file) => !isLarge(file)), ...sorted.filter(isLarge)]
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/**/*.soak.test.ts'],
    globalSetup: ['test/support/skip-notice.ts'],
    setupFiles: ['test/support/setup.ts'],
    pool: 'forks',
    // Files share two processes: each would load the same modules again, a sixth of all the time.
    isolate: false,
    sequence: { sequencer: LargeLast },
    // One fewer by default; most of the time goes by in the processes that tests start and wait for.
    maxWorkers: '100%',
    // For what hangs: a busy machine is no failure.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // A test that asserts nothing fails.
    // A run that rewrites the documentation compares nothing.
    expect: { requireAssertions: process.env.DOCS_UPDATE === undefined, poll: { timeout: 30_000 } },
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      // Wires the process to runCli; it runs in child processes, which are not measured.
      exclude: ['src/cli/main.ts'],
      reporter: [['text', { skipFull: true }], 'lcov'],
      thresholds: { lines: 95, statements: 90, functions: 90, branches: 90 },
    },
  },
})
