/** What `on-demand.ts` loads when it is needed: the library, and the internals that its callers use. */
export { throwFrom } from './errors/throw-from.ts'
export * from './index.ts'
export { redactProcess } from './preload/redact-process.ts'
export { resolveStart } from './preload/resolve-start.ts'
