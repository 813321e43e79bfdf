import type * as Core from './core.ts'
import type * as Scan from './scan/index.ts'

/** The library, read when it is first asked for. */
export const core = (): typeof Core => require('./core.cjs') as typeof Core

/** The search for secrets, likewise. */
export const scan = (): typeof Scan => require('./scan.js') as typeof Scan
