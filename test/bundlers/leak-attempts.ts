import { Buffer } from 'node:buffer'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import type { Consumer } from '../../integrations/options.ts'
import type { Files } from '../support/temp-project.ts'
import type { Host } from './hosts.ts'

/** Where an attempt ends; `nowhere` is what is not stopped. */
export type StoppedBy = 'import' | 'reading' | 'guard' | 'nowhere'

/** How a build has to be set up for an attempt; those of one set-up are built together. */
export type Setup =
  | 'plain'
  | 'hidden maps'
  | 'inline maps'
  | 'banner'
  | 'late plugin'
  | 'late file'
  | 'copied'
  | 'worker'
  | 'whole environment'

/** One way of getting a secret into the output. */
export interface Attempt {
  readonly name: string
  readonly stopped: StoppedBy
  readonly files: (attempt: Given) => Files
  /** The secret that it tries to get out. @default a random string of its own */
  readonly secret?: string
  readonly setup?: Setup
  /** @default 'client' */
  readonly consumer?: Consumer
  /** Bundlers that support it. @default all */
  readonly hosts?: readonly Host[]
  /** Why it is not stopped, as docs/security.md has it. */
  readonly why?: string
  /** Where it ends in some bundlers, if elsewhere. */
  readonly otherwise?: Partial<Record<Host, StoppedBy>>
  /** It is the entry itself. */
  readonly entry?: string
  /** What the output of a build that succeeds then contains, to show that it is not stopped. */
  readonly leaves?: (secret: string) => string
}

export interface Given {
  /** The entry is `src/<id>.js`. */
  readonly id: string
  readonly secret: string
  readonly host: Host
}

const WEBPACKS: readonly Host[] = ['webpack', 'rspack', 'rsbuild']
/** Those that read style sheets and assets without further plugins. */
const ASSETS: readonly Host[] = ['vite', 'esbuild', ...WEBPACKS]

const entry =
  (code: (given: Given) => string, more: (given: Given) => Files = () => ({})) =>
  (given: Given): Files => ({ [`src/${given.id}.js`]: `${code(given)}\n`, ...more(given) })

/** Code that uses what an expression is, so that nothing is dropped. */
const uses = (expression: string): string => `globalThis.console.log(${expression})`

const text = (value: string): string => JSON.stringify(value)

/** An import of a file as text, in each bundler's way. */
const asText = (path: string, host: Host): string =>
  host === 'esbuild' ? `import content from ${text(path)}` : `import content from ${text(`${path}?raw`)}`

const SECRETS = '../.systemprompt/profiles/local/secrets.json'

const IMPORTS: readonly Attempt[] = [
  {
    name: 'the library',
    stopped: 'import',
    files: entry(() => `import { loadConfigSync } from '@systemprompt/env'\n${uses('loadConfigSync().secrets')}`),
  },
  {
    name: 'the library, imported dynamically',
    stopped: 'import',
    files: entry(() => `import('@systemprompt/env').then(({ loadConfigSync }) => ${uses('loadConfigSync()')})`),
  },
  {
    name: 'the library, re-exported',
    stopped: 'import',
    files: entry(
      ({ id }) => `import * as all from './${id}-all.js'\n${uses('all')}`,
      ({ id }) => ({ [`src/${id}-all.js`]: "export * from '@systemprompt/env'\n" }),
    ),
  },
  {
    name: 'the library, with require',
    stopped: 'import',
    hosts: ['vite', 'rolldown', 'esbuild', ...WEBPACKS],
    files: entry(
      ({ id }) => `import all from './${id}-all.cjs'\n${uses('all')}`,
      ({ id }) => ({ [`src/${id}-all.cjs`]: "module.exports = require('@systemprompt/env')\n" }),
    ),
  },
  {
    name: 'the preload',
    stopped: 'import',
    files: entry(() => "import '@systemprompt/env/register'"),
  },
  {
    name: 'another entry of the library',
    stopped: 'import',
    files: entry(() => `import * as cloud from '@systemprompt/env/cloud'\n${uses('cloud')}`),
  },
  {
    name: 'the library, imported by another package',
    stopped: 'import',
    hosts: ['vite', 'rolldown', 'esbuild', 'farm', ...WEBPACKS],
    files: entry(
      ({ id }) => `import { config } from '${id}'\n${uses('config')}`,
      ({ id }) => ({
        [`node_modules/${id}/package.json`]: JSON.stringify({ name: id, type: 'module', exports: './index.js' }),
        [`node_modules/${id}/index.js`]:
          "import { loadConfigSync } from '@systemprompt/env'\nexport const config = loadConfigSync\n",
      }),
    ),
  },
  {
    name: 'secrets.json',
    stopped: 'import',
    files: entry(() => `import secrets from '${SECRETS}'\n${uses('secrets')}`),
  },
  {
    name: 'one key of secrets.json',
    stopped: 'import',
    files: entry(({ id }) => `import { attempt_${id} as it } from '${SECRETS}'\n${uses('it')}`),
  },
  {
    name: 'secrets.json, imported dynamically',
    stopped: 'import',
    files: entry(() => `import('${SECRETS}').then(({ default: it }) => ${uses('it')})`),
  },
  {
    name: 'secrets.json as text',
    stopped: 'import',
    files: entry(({ host }) => `${asText(SECRETS, host)}\n${uses('content')}`),
  },
  {
    name: 'secrets.json as a URL',
    stopped: 'import',
    files: entry(() => `import address from '${SECRETS}?url'\n${uses('address')}`),
  },
  {
    name: 'secrets.json with a query of no meaning',
    stopped: 'import',
    files: entry(() => `import secrets from '${SECRETS}?refused'\n${uses('secrets')}`),
  },
  {
    name: 'secrets.json by a roundabout path',
    stopped: 'import',
    files: entry(
      () => `import secrets from './../src/.././.systemprompt//profiles/local/secrets.json'\n${uses('secrets')}`,
    ),
  },
  {
    name: 'secrets.json by an alias',
    stopped: 'import',
    hosts: ['vite', 'rolldown', 'esbuild', ...WEBPACKS],
    files: entry(() => `import secrets from '@profiles/local/secrets.json'\n${uses('secrets')}`),
  },
  {
    name: 'secrets.json by a symbolic link',
    stopped: 'import',
    hosts: ['vite', 'rolldown', 'esbuild', ...WEBPACKS],
    files: entry(() => `import secrets from './linked/local/secrets.json'\n${uses('secrets')}`),
  },
  {
    name: 'all profiles at once',
    stopped: 'import',
    hosts: ['vite', 'esbuild', 'webpack', 'rspack', 'rsbuild'],
    files: entry(({ host }) => {
      if (host === 'vite') return uses("import.meta.glob('../.systemprompt/profiles/*/secrets.json', { eager: true })")
      if (host === 'esbuild') return `import('../.systemprompt/profiles/' + globalThis.name + '/secrets.json')`
      return uses(
        "import.meta.webpackContext('../.systemprompt/profiles', { regExp: /json$/ })('./local/secrets.json')",
      )
    }),
  },
  {
    name: 'secrets.json as the entry',
    stopped: 'import',
    hosts: ['vite', 'rolldown', 'esbuild', ...WEBPACKS],
    entry: '.systemprompt/profiles/local/secrets.json',
    files: () => ({}),
  },
  {
    name: '.env as text',
    stopped: 'import',
    files: entry(({ host }) => `${asText('../.env', host)}\n${uses('content')}`),
  },
  {
    name: '.env.local as text',
    stopped: 'import',
    files: entry(({ host }) => `${asText('../.env.local', host)}\n${uses('content')}`),
  },
  {
    name: 'a .env file of another name',
    stopped: 'import',
    hosts: ASSETS,
    files: entry(({ host }) => `${asText('../config/variables.txt', host)}\n${uses('content')}`),
  },
  {
    name: 'profile.yaml as text',
    stopped: 'import',
    files: entry(({ host }) => `${asText('../.systemprompt/profiles/local/profile.yaml', host)}\n${uses('content')}`),
  },
  {
    name: 'credentials.json',
    stopped: 'import',
    files: entry(() => `import login from '../.systemprompt/credentials.json'\n${uses('login')}`),
  },
  {
    name: '.env as an asset',
    stopped: 'import',
    hosts: ['vite', ...WEBPACKS],
    files: entry(() => uses("new URL('../.env', import.meta.url)")),
  },
  {
    name: 'secrets.json as an asset',
    stopped: 'import',
    hosts: ['vite', ...WEBPACKS],
    files: entry(() => uses(`new URL('${SECRETS}', import.meta.url)`)),
  },
  {
    name: 'secrets.json as an asset, its URL in a template literal',
    stopped: 'import',
    hosts: ['vite', ...WEBPACKS],
    files: entry(() => uses('new URL(`../.systemprompt/profiles/local/secrets.json`, import.meta.url)')),
  },
  {
    name: '.env in a style sheet',
    stopped: 'import',
    otherwise: { vite: 'guard' },
    hosts: ASSETS,
    files: entry(
      ({ id }) => `import './${id}.css'`,
      ({ id, secret }) => ({
        [`src/${id}.css`]: `body { background: url('../.env.${id}') }\n`,
        [`.env.${id}`]: `KEY=${secret}\n`,
      }),
    ),
  },
  {
    name: 'secrets.json on the server',
    stopped: 'import',
    consumer: 'server',
    files: entry(() => `import secrets from '${SECRETS}'\n${uses('secrets')}`),
  },
]

const READINGS: readonly Attempt[] = [
  {
    name: 'process.env.X',
    stopped: 'reading',
    files: entry(({ id }) => uses(`process.env.ATTEMPT_${id}`)),
  },
  {
    name: 'import.meta.env.X',
    stopped: 'reading',
    files: entry(({ id }) => uses(`import.meta.env.ATTEMPT_${id}`)),
  },
  {
    name: "process.env['X']",
    stopped: 'reading',
    files: entry(({ id }) => uses(`process.env['ATTEMPT_${id}']`)),
  },
  {
    name: 'process.env[`X`]',
    stopped: 'reading',
    files: entry(({ id }) => uses(`process.env[\`ATTEMPT_${id}\`]`)),
  },
  {
    name: 'process?.env?.X',
    stopped: 'reading',
    files: entry(({ id }) => uses(`process?.env?.ATTEMPT_${id}?.length`)),
  },
  {
    name: 'const { X } = process.env',
    stopped: 'reading',
    files: entry(({ id }) => `const { ATTEMPT_${id}: it } = process.env\n${uses('it')}`),
  },
  {
    name: 'const { env: { X } } = process',
    stopped: 'reading',
    files: entry(({ id }) => `const { env: { ATTEMPT_${id}: it } } = process\n${uses('it')}`),
  },
  {
    name: 'a cast in TypeScript',
    stopped: 'reading',
    hosts: ['vite', 'rolldown', 'esbuild', 'rsbuild', 'farm'],
    files: entry(
      ({ id }) => `import { it } from './${id}-it.ts'\n${uses('it')}`,
      ({ id }) => ({ [`src/${id}-it.ts`]: `export const it = (process.env as any).ATTEMPT_${id} as string\n` }),
    ),
  },
  {
    name: 'reading in a worker',
    stopped: 'reading',
    setup: 'worker',
    hosts: ['vite', ...WEBPACKS],
    files: entry(
      ({ id }) => `new Worker(new URL('./${id}-worker.js', import.meta.url), { type: 'module' })`,
      ({ id }) => ({ [`src/${id}-worker.js`]: `postMessage(process.env.ATTEMPT_${id})\n` }),
    ),
  },
]

/** Two halves, so that the source does not hold it in one piece. */
const halves = (secret: string): string => `${text(secret.slice(0, 9))} + ${text(secret.slice(9))}`

const MINIFIED: readonly Host[] = ['vite', 'rolldown', 'esbuild', ...WEBPACKS]
const PEM_BODY = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDF7v2Kq0XzL3dJ'

const GUARDED: readonly Attempt[] = [
  { name: 'a literal', stopped: 'guard', files: entry(({ secret }) => uses(text(secret))) },
  {
    name: 'a literal on the server',
    stopped: 'guard',
    consumer: 'server',
    files: entry(({ secret }) => uses(text(secret))),
  },
  {
    name: 'a template literal',
    stopped: 'guard',
    files: entry(({ secret }) => uses(`\`Bearer ${secret} \${globalThis.name}\``)),
  },
  {
    name: 'a concatenation that the minifier joins',
    stopped: 'guard',
    hosts: MINIFIED,
    files: entry(({ secret }) => uses(halves(secret))),
  },
  {
    name: 'a constant of another module that the minifier inlines',
    stopped: 'guard',
    hosts: ['vite', 'rolldown', ...WEBPACKS],
    files: entry(
      ({ id, secret }) => `import { head } from './${id}-head.js'\n${uses(`\`\${head}${secret.slice(9)}\``)}`,
      ({ id, secret }) => ({ [`src/${id}-head.js`]: `export const head = ${text(secret.slice(0, 9))}\n` }),
    ),
  },
  {
    name: 'a comment that the minifier keeps',
    stopped: 'guard',
    files: entry(({ secret }) => `/*! @license ${secret} */\n${uses('1')}`),
  },
  {
    name: 'a comment that only the source map has',
    stopped: 'guard',
    files: entry(({ secret }) => `// ${secret}\n${uses('2')}`),
    hosts: MINIFIED,
  },
  {
    name: 'a comment that only a hidden source map has',
    stopped: 'guard',
    setup: 'hidden maps',
    hosts: MINIFIED,
    files: entry(({ secret }) => `// ${secret}\n${uses('3')}`),
  },
  {
    name: 'a comment that only an inline source map has',
    stopped: 'guard',
    setup: 'inline maps',
    hosts: MINIFIED,
    files: entry(({ secret }) => `// ${secret}\n${uses('4')}`),
  },
  {
    name: 'a quoted property name',
    stopped: 'guard',
    files: entry(({ secret }) => uses(`{ ${text(secret)}: 1 }`)),
  },
  {
    name: 'a variable name',
    stopped: 'guard',
    files: entry(({ secret }) => `globalThis.${secret} = 1`),
  },
  {
    name: 'base64',
    stopped: 'guard',
    files: entry(({ secret }) => uses(text(Buffer.from(`user:${secret}`).toString('base64')))),
  },
  {
    name: 'URL-safe base64',
    stopped: 'guard',
    files: entry(({ secret }) => uses(text(Buffer.from(`ab${secret}`).toString('base64url')))),
  },
  {
    name: 'hexadecimal digits',
    stopped: 'guard',
    files: entry(({ secret }) => uses(text(Buffer.from(secret).toString('hex')))),
  },
  {
    name: 'character codes',
    stopped: 'guard',
    files: entry(({ secret }) => uses(`String.fromCharCode(${[...Buffer.from(secret)].join(', ')})`)),
  },
  {
    name: 'JavaScript escapes',
    stopped: 'guard',
    files: entry(({ secret }) =>
      uses(`'${[...secret].map((it) => `\\u00${it.charCodeAt(0).toString(16)}`).join('')}'`),
    ),
  },
  {
    name: 'percent-encoding',
    stopped: 'guard',
    files: entry(({ secret }) => uses(text(Buffer.from(secret).toString('hex').replace(/../g, '%$&')))),
  },
  {
    name: 'HTML character references',
    stopped: 'guard',
    files: entry(({ secret }) => uses(text([...secret].map((it) => `&#${it.charCodeAt(0)};`).join('')))),
  },
  {
    name: 'JSON in JSON',
    stopped: 'guard',
    secret: 'k8"Zq2Lm7Wd4Rb\\Tn9/pass\'Rv',
    files: entry(({ secret }) => uses(text(JSON.stringify({ body: JSON.stringify({ secret }) })))),
  },
  {
    name: 'a constant that the configuration defines',
    stopped: 'guard',
    hosts: ['vite', 'rolldown', 'esbuild', ...WEBPACKS],
    files: entry(() => uses('__DEFINED__')),
  },
  {
    name: 'the whole environment, defined as process.env',
    stopped: 'guard',
    setup: 'whole environment',
    hosts: ['vite', 'rolldown', 'esbuild', ...WEBPACKS],
    files: entry(() => uses('JSON.stringify(process.env)')),
  },
  {
    name: 'a copy of secrets.json',
    stopped: 'guard',
    hosts: MINIFIED,
    files: entry(
      ({ id }) => `import copy from './${id}-copy.json'\n${uses('copy')}`,
      ({ id, secret }) => ({ [`src/${id}-copy.json`]: JSON.stringify({ secret, deep: [{ secret }] }) }),
    ),
  },
  {
    name: 'a file as text',
    stopped: 'guard',
    hosts: ASSETS,
    files: entry(
      ({ id, host }) => `${asText(`./${id}-notes.txt`, host)}\n${uses('content')}`,
      ({ id, secret }) => ({ [`src/${id}-notes.txt`]: `Notes\r\nkey = ${secret}\r\n` }),
    ),
  },
  {
    name: 'a file that is copied',
    stopped: 'guard',
    hosts: ASSETS,
    files: entry(
      ({ id, host }) =>
        host === 'esbuild'
          ? `import address from './${id}.bin'\n${uses('address')}`
          : uses(`new URL('./${id}.bin', import.meta.url).href`),
      ({ id, secret }) => ({ [`src/${id}.bin`]: `${'\0\u0001\u0002 '.repeat(3000)}${secret}` }),
    ),
  },
  {
    name: 'a file that becomes a data URL',
    stopped: 'guard',
    hosts: ASSETS,
    files: entry(
      ({ id, host }) => `import address from './${id}.dat${host === 'esbuild' ? '' : '?inline'}'\n${uses('address')}`,
      ({ id, secret }) => ({ [`src/${id}.dat`]: `\0\u0001\u0002${secret}\u0003` }),
    ),
  },
  {
    name: 'an image that becomes a data URL',
    stopped: 'guard',
    hosts: ASSETS,
    files: entry(
      ({ id, host }) => `import address from './${id}.svg${host === 'esbuild' ? '' : '?inline'}'\n${uses('address')}`,
      ({ id, secret }) => ({
        [`src/${id}.svg`]: `<svg xmlns="http://www.w3.org/2000/svg"><title>"${secret}"</title></svg>`,
      }),
    ),
  },
  {
    name: 'base64 in a file that becomes a data URL',
    stopped: 'guard',
    hosts: ASSETS,
    files: entry(
      ({ id, host }) => `import address from './${id}.dat${host === 'esbuild' ? '' : '?inline'}'\n${uses('address')}`,
      ({ id, secret }) => ({ [`src/${id}.dat`]: `Basic ${Buffer.from(`u:${secret}`).toString('base64')}` }),
    ),
  },
  {
    name: 'UTF-16 text',
    stopped: 'guard',
    hosts: ASSETS,
    files: entry(
      ({ id, host }) =>
        host === 'esbuild'
          ? `import address from './${id}.bin'\n${uses('address')}`
          : uses(`new URL('./${id}.bin', import.meta.url).href`),
      ({ id, secret }) => ({ [`src/${id}.bin`]: [...'x'.repeat(5000), ...secret].join('\0') }),
    ),
  },
  {
    name: 'a style sheet',
    stopped: 'guard',
    hosts: ASSETS,
    files: entry(
      ({ id }) => `import './${id}.css'`,
      ({ id, secret }) => ({ [`src/${id}.css`]: `body::after { content: "${secret}" }\n` }),
    ),
  },
  {
    name: 'a comment in a style sheet',
    stopped: 'guard',
    hosts: ASSETS,
    files: entry(
      ({ id }) => `import './${id}.css'`,
      ({ id, secret }) => ({ [`src/${id}.css`]: `/*! ${secret} */\nbody { color: red }\n` }),
    ),
  },
  {
    name: 'a class name in a style sheet',
    stopped: 'guard',
    hosts: ASSETS,
    files: entry(
      ({ id }) => `import './${id}.css'`,
      ({ id, secret }) => ({ [`src/${id}.css`]: `.${secret} { color: red }\n` }),
    ),
  },
  {
    name: 'a worker',
    stopped: 'guard',
    setup: 'worker',
    hosts: ['vite', ...WEBPACKS],
    files: entry(
      ({ id }) => `new Worker(new URL('./${id}-worker.js', import.meta.url), { type: 'module' })`,
      ({ id, secret }) => ({ [`src/${id}-worker.js`]: `postMessage(${text(secret)})\n` }),
    ),
  },
  {
    name: 'dynamically imported code',
    stopped: 'guard',
    files: entry(
      ({ id }) => `import('./${id}-later.js').then(({ it }) => ${uses('it')})`,
      ({ id, secret }) => ({ [`src/${id}-later.js`]: `export const it = ${text(secret)}\n` }),
    ),
  },
  {
    name: 'a file named after the secret',
    stopped: 'guard',
    hosts: ASSETS,
    files: entry(
      ({ secret, host }) =>
        host === 'esbuild'
          ? `import address from './${secret}.bin'\n${uses('address')}`
          : uses(`new URL('./${secret}.bin', import.meta.url).href`),
      ({ secret }) => ({ [`src/${secret}.bin`]: 'nothing '.repeat(1000) }),
    ),
  },
  {
    name: 'the source of another plugin’s virtual module',
    stopped: 'guard',
    hosts: ['vite', 'rollup', 'rolldown', 'esbuild'],
    files: entry(() => `import it from 'made:up'\n${uses('it')}`),
  },
  {
    name: 'a banner',
    stopped: 'guard',
    setup: 'banner',
    hosts: ['vite', 'rollup', 'rolldown', 'esbuild', 'webpack', 'rspack'],
    files: entry(() => uses('5')),
  },
  {
    name: 'what a later plugin adds to the output',
    stopped: 'guard',
    setup: 'late plugin',
    hosts: ['vite', 'rollup', 'rolldown', 'esbuild', 'webpack', 'rspack'],
    files: entry(() => uses('6')),
  },
  {
    name: 'a file that a later plugin writes',
    stopped: 'guard',
    setup: 'late file',
    hosts: ['vite', 'rollup', 'rolldown', 'esbuild', 'webpack', 'rspack'],
    files: entry(() => uses('7')),
  },
  {
    name: 'a directory that is copied unchanged',
    stopped: 'guard',
    setup: 'copied',
    hosts: ['vite', 'esbuild', 'webpack', 'rspack', 'rsbuild', 'farm'],
    files: entry(
      () => uses('8'),
      ({ secret }) => ({ 'public/notes/deep.txt': `key ${secret}\n` }),
    ),
  },
  {
    name: 'a page',
    stopped: 'guard',
    hosts: ['vite'],
    entry: 'leaking.html',
    files: ({ secret }) => ({ 'leaking.html': `<meta name="key" content="${secret}"><p>Hello</p>\n` }),
  },
  {
    name: 'only the password of a URL',
    stopped: 'guard',
    secret: 'postgres://acme:Wn5%40tK8rPz3@db.acme.example/acme',
    files: entry(() => uses("'Wn5@tK8rPz3'")),
  },
  {
    name: 'a private key with other line endings',
    stopped: 'guard',
    secret: `-----BEGIN PRIVATE KEY-----\n${PEM_BODY}\n${PEM_BODY.split('').reverse().join('')}\n-----END PRIVATE KEY-----\n`,
    files: entry(({ secret }) => uses(text(secret.replaceAll('\n', '\r\n    ')))),
  },
  {
    name: 'one line of a private key',
    stopped: 'guard',
    secret: `-----BEGIN PRIVATE KEY-----\n${PEM_BODY.replace('MII', 'MIX')}\nAb3\n-----END PRIVATE KEY-----\n`,
    files: entry(() => uses(text(PEM_BODY.replace('MII', 'MIX')))),
  },
]

const NOT_STOPPED: readonly Attempt[] = [
  {
    name: 'a variable whose name is computed',
    stopped: 'nowhere',
    why: 'nobody can tell which variable it is. No value is inserted for it, so nothing leaks.',
    files: entry(({ id }) => uses(`process.env['ATTEMPT_' + '${id}']`)),
  },
  {
    name: 'a reversed secret',
    stopped: 'nowhere',
    why: 'the guard would have to read every text in every order.',
    leaves: (secret) => [...secret].reverse().join(''),
    files: entry(({ secret }) => uses(text([...secret].reverse().join('')))),
  },
  {
    name: 'an encrypted secret',
    stopped: 'nowhere',
    why: 'encrypting it hides it from the guard as well.',
    leaves: (secret) => [...Buffer.from(secret)].map((byte) => byte ^ 7).join('.'),
    files: entry(({ secret }) => uses(text([...Buffer.from(secret)].map((byte) => byte ^ 7).join('.')))),
  },
  {
    name: 'a secret in upper case',
    stopped: 'nowhere',
    why: 'the search is case-sensitive.',
    leaves: (secret) => secret.toUpperCase(),
    files: entry(({ secret }) => uses(text(secret.toUpperCase()))),
  },
  {
    name: 'pieces that are joined at run time',
    stopped: 'nowhere',
    why: 'no single piece is the secret. If a minifier joins them, the secret is found.',
    leaves: (secret) => secret.slice(9),
    files: entry(
      ({ secret }) =>
        `const parts = [${text(secret.slice(9))}, ${text(secret.slice(0, 9))}]\n${uses('parts.reverse().join("")')}`,
    ),
  },
  {
    name: 'the first half of a secret',
    stopped: 'nowhere',
    why: 'the guard looks for the whole secret. Parts that stand alone, a password or a line of a key, are looked for separately.',
    leaves: (secret) => secret.slice(0, 16),
    files: entry(({ secret }) => uses(text(secret.slice(0, 16)))),
  },
  {
    name: 'a secret that was compressed before it was encoded',
    stopped: 'nowhere',
    why: 'nothing is decompressed.',
    leaves: (secret) => gzipSync(secret).toString('base64'),
    files: entry(({ secret }) => uses(text(gzipSync(secret).toString('base64')))),
  },
  {
    name: 'a compressed file',
    stopped: 'nowhere',
    why: 'nothing is decompressed. The original is searched if it is part of the output.',
    hosts: ASSETS,
    files: entry(
      ({ id, host }) =>
        host === 'esbuild'
          ? `import address from './${id}.bin'\n${uses('address')}`
          : uses(`new URL('./${id}.bin', import.meta.url).href`),
      ({ id, secret }) => ({ [`src/${id}.bin`]: brotliCompressSync(secret.repeat(3)).toString('latin1') }),
    ),
  },
  {
    name: 'a secret shorter than 8 characters',
    stopped: 'nowhere',
    why: 'a text that short occurs in any code.',
    secret: 'k3yX9a',
    leaves: (secret) => secret,
    files: entry(({ secret }) => uses(text(secret))),
  },
  {
    name: 'a common value',
    stopped: 'nowhere',
    why: 'it also occurs in code that has nothing to do with the secret. `systemprompt scan` says which values these are.',
    secret: 'changeMe123',
    leaves: (secret) => secret,
    files: entry(({ secret }) => uses(text(secret))),
  },
]

export const ATTEMPTS: readonly Attempt[] = [...IMPORTS, ...READINGS, ...GUARDED, ...NOT_STOPPED]
