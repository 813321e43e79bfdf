/** The preload, said outright: `node --import @systemprompt/env/register`, or `-r`. */
import { createRequire } from 'node:module'
import type * as Core from './core.ts'
import { preloadProcess } from './preload/process.ts'
import type * as Scan from './scan/index.ts'

const require = createRequire(import.meta.url)

preloadProcess({
  file: import.meta.filename,
  core: () => require('./core.cjs') as typeof Core,
  scan: () => require('./scan.js') as typeof Scan,
})
