import { loadConfig, type PublicValues } from './index.ts'

/**
 * The public values, where no bundler put them in: read from the project when this module is first imported.
 * With `systemprompt-env.d.ts` in a project each has its type, and a name of its own.
 */
const values: PublicValues = (await loadConfig()).publicValues()

export default values
