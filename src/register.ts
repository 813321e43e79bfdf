/** The preload, said outright: `node --import @systemprompt/env/register`, or `-r`. */
import { preloadProcess } from './preload/entry.ts'

preloadProcess(__filename)
