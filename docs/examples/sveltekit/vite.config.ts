import { sveltekit } from '@sveltejs/kit/vite'
import systemprompt from '@systemprompt/env/vite'
import { defineConfig } from 'vite'

export default defineConfig({
  plugins: [
    systemprompt({
      public: ['site.name', 'downloads.files', 'downloads.link_minutes'],
      // Where SvelteKit's tsconfig.json looks for types.
      types: 'src/systemprompt-env.d.ts',
    }),
    sveltekit(),
  ],
})
