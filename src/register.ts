/** The preload, said outright: `node --import @systemprompt/env/register`, or `-r`. */
import type * as Core from './core.ts'
import { preloadProcess } from './preload/process.ts'
import type * as Scan from './scan/index.ts'

preloadProcess({
  file: __filename,
  core: () => require('./core.cjs') as typeof Core,
  scan: () => require('./scan.js') as typeof Scan,
})
