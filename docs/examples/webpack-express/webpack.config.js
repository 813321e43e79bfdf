const { join } = require('node:path')
const systemprompt = require('@systemprompt/env/webpack')

const options = { public: ['site.name', 'downloads.files', 'downloads.link_minutes'] }
const shared = {
  context: __dirname,
  resolve: { extensions: ['.ts', '.js'] },
  module: { rules: [{ test: /\.ts$/, loader: 'ts-loader', options: { transpileOnly: true } }] },
}

/** One configuration for what browsers run, and one for what Node runs: each with a plugin of its own. */
module.exports = [
  {
    ...shared,
    target: 'web',
    entry: './src/client/main.ts',
    output: { path: join(__dirname, 'dist/public'), filename: 'main.js' },
    plugins: [systemprompt(options)],
  },
  {
    ...shared,
    target: 'node',
    entry: './src/server/main.ts',
    output: { path: join(__dirname, 'dist'), filename: 'server.js' },
    externals: { express: 'commonjs express', '@systemprompt/env': 'commonjs @systemprompt/env' },
    // __dirname as in any program: where the file is.
    node: { __dirname: false },
    plugins: [systemprompt(options)],
  },
]
