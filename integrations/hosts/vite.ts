import type { Plugin } from 'vite'
import type { Build } from '../build.ts'
import { rollupHooks } from './rollup.ts'

/** Vite: the environments say who runs the code. */
export function viteHooks(build: Build): Partial<Plugin> {
  return {
    ...rollupHooks(build),
    config: () => ({
      // Vite takes packages for external on the server before it asks plugins; not what an alias names.
      resolve: { alias: [{ find: /^@systemprompt\/env\/public$/, replacement: 'virtual:systemprompt/public' }] },
      optimizeDeps: { exclude: ['@systemprompt/env'] },
    }),
    configResolved({ root }) {
      build.setRoot(root)
    },
  }
}
