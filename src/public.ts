import { loadConfig, type PublicValues } from './index.ts'

/**
 * The public values for programs that no bundler processed: read from the project when this module is first imported.
 * If the project has a `systemprompt-env.d.ts`, each value has its type and is a named export.
 */
const values: PublicValues = (await loadConfig()).publicValues()

export default values
