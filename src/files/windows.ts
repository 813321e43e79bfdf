import { sep } from 'node:path'

/** Whether this is Windows, which has another way to separate the parts of a path. */
export const IS_WINDOWS = sep === '\\'
