import { join } from 'node:path'
import { createServer, isFileLoadingAllowed, normalizePath, type ViteDevServer } from 'vite'
import { afterEach, describe, expect, test, vi } from 'vitest'
import vitePlugin from '../../integrations/vite.ts'
import { PROFILE, SECRETS, writeFiles } from '../support/temp-project.ts'
import { buildWith, copyApp, HOSTS } from './hosts.ts'
import { rawGet } from './raw-get.ts'

const PASSWORD = 'Zq81LmnPw3vK'
const JWT = 'jwt-canary-1f0c9a7be24d83650d1f7b2ac5e94477'
const SECRET = JSON.stringify({
  jwt_secret: JWT,
  database_url: `postgres://acme:${PASSWORD}@db.acme.example:5432/acme`,
})
const options = { public: ['site.name'] }

afterEach(() => vi.unstubAllEnvs())

/** A project whose secrets lie in files with names of their own. */
function projectOf(secrets = SECRET): string {
  const root = copyApp()
  vi.stubEnv('DATABASE_URL_FILE', 'run/db')
  writeFiles(root, {
    [PROFILE]: 'name: local\nsite: { name: Acme }\nsecrets: { secrets_path: ../../../config/app-secrets.json }\n',
    [SECRETS]: '{}',
    'systemprompt.config.json': JSON.stringify({ dotenv: { files: ['config/variables.txt'] } }),
    'config/app-secrets.json': secrets,
    'config/variables.txt': `API_KEY="${PASSWORD}-key"\n`,
    'run/db': `postgres://acme:${PASSWORD}@db.acme.example:5432/acme`,
    'src/page.js': "document.title = 'page'\n",
  })
  return root
}

function expectNoSecret(text: string): void {
  for (const secret of [JWT, PASSWORD])
    for (let at = 0; at + 8 <= secret.length; at++) expect(text).not.toContain(secret.slice(at, at + 8))
}

describe.each(HOSTS)('%s refuses a file with secrets before reading it', (host) => {
  test.each([
    ['app-secrets.json', '../config/app-secrets.json', SECRET],
    ['run/db', '../run/db', SECRET],
    ['config/variables.txt', '../config/variables.txt', SECRET],
    ['a malformed secrets file', '../config/app-secrets.json', SECRET.replace('"', '')],
  ])('%s', async (_, specifier, secrets) => {
    const root = projectOf(secrets)
    writeFiles(root, { 'src/it.js': `import * as it from '${specifier}'\nconsole.log(it)\n` })
    const { error = '', files } = await buildWith(host, { root, consumer: 'client', entry: 'src/it.js', options })
    expect(error).not.toBe('')
    if (secrets === SECRET) expect(error).toContain('may contain secrets, and must not be bundled')
    expectNoSecret(error)
    for (const content of files.values()) expectNoSecret(String(content))
  })
})

describe('Vite’s development server', () => {
  async function withServer<T>(
    root: string,
    use: (origin: string, server: ViteDevServer) => Promise<T>,
    base = '/',
  ): Promise<T> {
    const server = await createServer({
      root,
      base,
      configFile: false,
      logLevel: 'silent',
      server: { port: 0, host: '127.0.0.1', ws: false, watch: null },
      plugins: [vitePlugin(options)],
    })
    await server.listen()
    try {
      return await use(new URL(server.resolvedUrls?.local[0] ?? '').origin, server)
    } finally {
      await server.close()
    }
  }

  test('serves no file with secrets, whatever its name and however the URL is spelled', async () => {
    const root = projectOf()
    await withServer(root, async (origin) => {
      for (const file of ['config/app-secrets.json', 'config/variables.txt', 'run/db'])
        for (const url of [
          `/${file}`,
          `/${file}?raw`,
          `/${file}?url`,
          `/${file}?import`,
          `/${file}?import&raw`,
          `/${file}?inline&import`,
          `/@fs${root}/${file}`,
          `/@fs/${root}/${file}?raw??`,
          `/src/../${file}`,
          `/src/..%2f${file}`,
          `//${file.replaceAll('/', '//')}`,
          `/${file.replaceAll('/', '%2f')}`,
          `/${file.replaceAll('/', '%252f')}`,
          `/${file.replaceAll('/', '/./')}`,
          `/${file.replaceAll('/', '\\')}`,
          `/${file}/`,
          `/@id/${root}/${file}`,
          `/@id/__x00__${root}/${file}?raw`,
        ]) {
          const response = await rawGet(origin, url)
          expectNoSecret(response)
          expect(`${url} ${response}`).toMatch(/HTTP\/1\.1 (?:403|404|400|500)/)
        }
      expect(await rawGet(origin, '/src/page.js')).toContain('document.title')
    })
  })

  test.each(['/', '/app/', 'https://cdn.example/deep/app/'])(
    'serves no file with secrets in the root or in public, with base %s',
    async (base) => {
      const root = projectOf()
      vi.stubEnv('DATABASE_URL_FILE', 'db.secret')
      vi.stubEnv('JWT_SECRET_FILE', 'public/jwt.secret')
      writeFiles(root, { 'db.secret': `postgres://acme:${PASSWORD}@h/db`, 'public/jwt.secret': JWT })
      const below = /^https?:/.test(base) ? new URL(base).pathname : base
      await withServer(
        root,
        async (origin) => {
          expect(await rawGet(origin, `${below}src/page.js`)).toContain('document.title')
          for (const path of ['db.secret', 'jwt.secret', 'public/jwt.secret'])
            for (const query of ['', '?url', '?raw', '?import&raw', '?inline&import'])
              for (const url of [`${below}${path}${query}`, `/${path}${query}`]) {
                const response = await rawGet(origin, url)
                expectNoSecret(response)
                expect(`${url} ${response}`).toMatch(/HTTP\/1\.1 (?:403|404)/)
              }
        },
        base,
      )
    },
  )

  test.each(['raw', 'raw&as=it.js'])(
    'refuses a file with secrets to server code that imports it as text: ?%s',
    async (query) => {
      const root = projectOf()
      vi.stubEnv('DATABASE_URL_FILE', 'db.secret')
      writeFiles(root, {
        'db.secret': `postgres://acme:${PASSWORD}@h/db`,
        'src/it.js': `import it from '../db.secret?${query}'\nexport const text = it\n`,
      })
      const loaded = await withServer(root, async (_, server) =>
        server.ssrLoadModule('/src/it.js').then(({ text }) => String(text), String),
      )
      expect(loaded).toContain('may contain secrets, and must not be bundled')
      expectNoSecret(loaded)
    },
  )

  test('denies files with secrets in isFileLoadingAllowed, which Vitest asks in browser mode', async () => {
    const root = projectOf()
    await withServer(root, async (_, { config }) => {
      const allowed = (...paths: string[]): string[] =>
        paths.filter((path) => isFileLoadingAllowed(config, normalizePath(join(root, path))))
      expect(allowed(PROFILE, SECRETS, SECRETS.toUpperCase(), 'config/app-secrets.json', 'run/db')).toEqual([])
      expect(allowed('.env', '.npmrc', '.git/config')).toEqual([])
      expect(allowed('src/page.js', 'package.json')).toEqual(['src/page.js', 'package.json'])
    })
  })

  test('still denies what Vite denies by default', async () => {
    const root = projectOf()
    writeFiles(root, { '.npmrc': '//r/:_authToken=x\n', 'tls.key': 'key', 'tls.pem': 'pem', '.git/config': 'config' })
    await withServer(root, async (origin) => {
      for (const url of ['/.npmrc', '/tls.key', '/tls.pem', '/.git/config', '/.npmrc?import&raw'])
        expect(await rawGet(origin, url), url).toMatch(/^HTTP\/1\.1 403/)
    })
  })

  test('does not serve a file with secrets that a module imports', async () => {
    const root = projectOf()
    writeFiles(root, { 'src/it.js': "import it from '../config/app-secrets.json'\nconsole.log(it)\n" })
    const response = await withServer(root, async (origin) => {
      const [, path = ''] = /import it from "([^"]+)"/.exec(await rawGet(origin, '/src/it.js')) ?? []
      return rawGet(origin, path)
    })
    expect(response).toMatch(/^HTTP\/1\.1 (?:403|500)/)
    expectNoSecret(response)
  })
})
