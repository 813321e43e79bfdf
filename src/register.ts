/** The preload, said outright: `node --import @systemprompt/env/register`, or `-r`. */
import { preloadProcess } from './preload/entry.ts'

// In a bundle of ES modules there is none.
preloadProcess(typeof __filename === 'string' ? __filename : undefined)
