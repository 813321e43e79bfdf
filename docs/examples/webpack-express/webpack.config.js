const { join } = require('node:path')
const systemprompt = require('@systemprompt/env/webpack')

const options = { public: ['site.name', 'downloads.files', 'downloads.link_minutes'] }
const shared = {
  context: __dirname,
  resolve: { extensions: ['.ts', '.js'] },
  module: { rules: [{ test: /\.ts$/, loader: 'ts-loader', options: { transpileOnly: true } }] },
}

/** One configuration for browsers and one for Node, each with its own plugin. */
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
    // Keep __dirname as in any program: the directory of the file.
    node: { __dirname: false },
    plugins: [systemprompt(options)],
  },
]
