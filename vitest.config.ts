import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/**/*.soak.test.ts'],
    globalSetup: ['test/support/skip-notice.ts'],
    setupFiles: ['test/support/setup.ts'],
    pool: 'forks',
    // Files share two processes: each would load the same modules again, a sixth of all the time.
    isolate: false,
    // One fewer by default; most of the time goes by in the processes that tests start and wait for.
    maxWorkers: '100%',
    // For what hangs: a busy machine is no failure.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 30_000 } },
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
