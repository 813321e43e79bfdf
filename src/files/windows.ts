import { sep } from 'node:path'

/** Whether this is Windows, recognised by its path separator. */
export const IS_WINDOWS = sep === '\\'
