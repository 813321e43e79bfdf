import { loadConfigSync } from './index.ts'

/** The same for `require`, which cannot wait: `systemprompt.config.*` is not read. */
const values = loadConfigSync().publicValues()

export { values as 'module.exports' }
