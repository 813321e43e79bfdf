/**
 * Name and version as in package.json; a test compares them. Reading package.json itself would slow down every start.
 */
export const PACKAGE = { name: '@systemprompt/env', version: '0.1.0' } as const
