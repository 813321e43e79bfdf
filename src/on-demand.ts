import type * as Core from './core.ts'
import type * as Scan from './scan/index.ts'

/** The library, loaded on first use. */
export const core = (): typeof Core => require('./core.cjs') as typeof Core

/** The search for secrets, loaded on first use. */
export const scan = (): typeof Scan => require('./scan.js') as typeof Scan
