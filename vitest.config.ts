import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * Bundlers grow a process from 0.1 to 1.5 GB, and TypeScript to 0.4: it then takes up to 0.1 s longer to start each
 * child. So their tests come after those that start many.
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
    // Test files share two processes: otherwise each would load the same modules again, a sixth of the total time.
    isolate: false,
    sequence: { sequencer: LargeLast },
    // The default is one fewer; most of the time is spent in processes that tests start and wait for.
    maxWorkers: '100%',
    // Only for what hangs: a slow machine must not fail.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // A test without assertions fails, except when the documentation is rewritten: then nothing is compared.
    expect: { requireAssertions: process.env.DOCS_UPDATE === undefined, poll: { timeout: 30_000 } },
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      // Connects the process to runCli; it runs in child processes, which are not measured.
      exclude: ['src/cli/main.ts'],
      reporter: [['text', { skipFull: true }], 'lcov'],
      thresholds: { lines: 95, statements: 90, functions: 90, branches: 90 },
    },
  },
})
