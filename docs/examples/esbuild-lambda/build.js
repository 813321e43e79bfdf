import systemprompt from '@systemprompt/env/esbuild'
import { build } from 'esbuild'

const options = { public: ['site.name', 'downloads.files', 'downloads.link_minutes'] }
const shared = { bundle: true, minify: true, sourcemap: true, format: 'esm', plugins: [systemprompt(options)] }

// What is uploaded: one file that includes this library. Secrets are read when the function starts.
await build({
  ...shared,
  entryPoints: ['src/handler.ts'],
  outfile: 'dist/lambda/handler.mjs',
  platform: 'node',
  target: 'node20',
})

// What goes to the bucket behind the site.
await build({ ...shared, entryPoints: ['src/widget.ts'], outfile: 'dist/site/widget.js' })
