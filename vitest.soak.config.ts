import { defineConfig } from 'vitest/config'
import base from './vitest.config.ts'

/** The full counts: every test again with SOAK=1, which the sampled ones read, and the tests that run only here. */
export default defineConfig({
  test: {
    ...base.test,
    exclude: [],
    env: { SOAK: '1' },
    testTimeout: 30 * 60_000,
    hookTimeout: 10 * 60_000,
  },
})
