/** The explicit preload: `node --import @systemprompt/env/register`, or `-r`. */
import { preloadProcess } from './preload/entry.ts'

// Undefined in a bundle of ES modules.
preloadProcess(typeof __filename === 'string' ? __filename : undefined)
