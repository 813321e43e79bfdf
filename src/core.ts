/** What `on-demand.ts` loads when it is needed: the library, and what a preload asks of it. */
export * from './index.ts'
export { redactProcess } from './preload/redact-process.ts'
export { resolveStart } from './preload/resolve-start.ts'
