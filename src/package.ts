/** This package, as package.json has it; a test compares them. package.json itself would be read at every start. */
export const PACKAGE = { name: '@systemprompt/env', version: '0.1.0' } as const
