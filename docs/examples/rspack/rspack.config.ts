import { join } from 'node:path'
import { defineConfig } from '@rspack/cli'
import { HtmlRspackPlugin } from '@rspack/core'
import systemprompt from '@systemprompt/env/rspack'

const options = { public: ['site.name', 'downloads.files', 'downloads.link_minutes'] }
const shared = {
  mode: 'production' as const,
  resolve: { extensions: ['.ts', '.js'] },
  module: { rules: [{ test: /\.ts$/, loader: 'builtin:swc-loader', type: 'javascript/auto' }] },
}

/** One configuration for browsers and one for Node, each with its own plugin. */
export default defineConfig([
  {
    ...shared,
    name: 'client',
    target: 'web',
    entry: './src/client/main.ts',
    output: { path: join(import.meta.dirname, 'dist/public'), filename: 'main.[contenthash].js' },
    plugins: [systemprompt(options), new HtmlRspackPlugin({ title: 'Downloads' })],
    devServer: { proxy: [{ context: ['/api'], target: 'http://127.0.0.1:3000' }] },
  },
  {
    ...shared,
    name: 'server',
    target: 'node',
    entry: './src/server/main.ts',
    output: { path: join(import.meta.dirname, 'dist'), filename: 'server.mjs', module: true, chunkFormat: 'module' },
    externals: { '@systemprompt/env': 'module @systemprompt/env' },
    plugins: [systemprompt(options)],
  },
])
