import type * as Core from './core.ts'
import type * as ResponseGuard from './preload/guard-responses.ts'
import type * as Scan from './scan/index.ts'

/** The library, loaded on first use. */
export const core = (): typeof Core => require('./core.cjs') as typeof Core

/** The search for secrets, loaded on first use. */
export const scan = (): typeof Scan => require('./scan.js') as typeof Scan

/** The search of HTTP responses, loaded on first use. */
export const responseGuard = (): typeof ResponseGuard => require('./guard-responses.cjs') as typeof ResponseGuard
