/**
 * Tests the projects of docs/examples as somebody would use them who has copied one: the packed library is installed
 * into a copy with npm, the project is built and run, and its page is opened in a browser:
 *
 *   npm run examples                 all
 *   npm run examples -- rspack       one
 *   npm run examples -- --update     all, and keeps the types that the builds write
 *
 * Each shows the same small application: a page with public values, and a server that signs links with a secret.
 */
import { spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

const repository = fileURLToPath(new URL('..', import.meta.url))
const examples = join(repository, 'docs/examples')
/** As in test/support/chromium.ts. */
const CHROMIUM =
  process.env.SYSTEMPROMPT_CHROMIUM ??
  (existsSync('/usr/bin/chromium-headless-shell') ? '/usr/bin/chromium-headless-shell' : '/usr/bin/chromium')
const hasBrowser = process.env.REQUIRE_BROWSER !== undefined || existsSync(CHROMIUM)

/** Where each writes its output; a function that is uploaded has to run in a folder of its own. */
const EXAMPLES = {
  'vite-react': { output: 'dist' },
  'webpack-express': { output: 'dist' },
  'esbuild-lambda': { output: 'dist', uploaded: 'dist/lambda/handler.mjs' },
  rspack: { output: 'dist' },
  sveltekit: { output: 'build', types: 'src/systemprompt-env.d.ts' },
  nextjs: { output: '.next' },
}
const TITLE = 'Acme Downloads'
const SUPPORT = 'help@acme.example'
/** How many run at the same time. */
const AT_ONCE = 2
/** Milliseconds after which a program of an example is stopped. */
const LIMIT = 180_000

const work = realpathSync(mkdtempSync(join(tmpdir(), 'systemprompt-examples-')))
const children = new Set()
let browser

try {
  const asked = process.argv.slice(2).filter((name) => name !== '--update')
  const unknown = asked.filter((name) => !Object.hasOwn(EXAMPLES, name))
  if (unknown.length > 0) throw new Error(`there is no example ${unknown.join(', ')}`)
  if (hasBrowser) browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] })
  else console.log(`No page is opened: ${CHROMIUM} is not there`)
  const tarball = await pack()
  const waiting = asked.length > 0 ? asked : Object.keys(EXAMPLES)
  const failures = []
  const one = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const start = Date.now()
      const failure = await failureOf(() => tryOut(name, tarball))
      const took = `${((Date.now() - start) / 1000).toFixed(1)} s`
      console.log(failure ? `NOT  ${name}, ${took}\n${failure.message}` : `ok   ${name}, ${took}`)
      if (failure) failures.push(name)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, one))
  process.exitCode = failures.length > 0 ? 1 : 0
} finally {
  for (const child of children) stop(child)
  await browser?.close()
  rmSync(work, { recursive: true, force: true, maxRetries: 5 })
}

async function failureOf(run) {
  try {
    await run()
    return undefined
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

async function pack() {
  const out = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', work], repository)
  return join(work, JSON.parse(out)[0].filename)
}

async function tryOut(name, tarball) {
  const { output, uploaded, types = 'systemprompt-env.d.ts' } = EXAMPLES[name]
  const root = join(work, name)
  const own = new Set(['node_modules', '.svelte-kit', output])
  cpSync(join(examples, name), root, { recursive: true, filter: (path) => !own.has(basename(path)) })
  // Not from npm's cache: it may know a release of one package, but not yet that of another which goes with it.
  await run('npm', ['install', '--no-audit', '--no-fund', tarball], root)
  await run('npm', ['run', 'secrets'], root)
  await run('npm', ['run', 'build'], root)

  const [written, kept] = [root, join(examples, name)].map((folder) => join(folder, types))
  if (process.argv.includes('--update')) cpSync(written, kept)
  const isKept = existsSync(kept) && readFileSync(kept, 'utf8') === readFileSync(written, 'utf8')
  expect(isKept, `${types} is not what a build writes: npm run examples -- --update`)
  const { link_signing_key: key } = JSON.parse(
    withoutComments(readFileSync(join(root, '.systemprompt/profiles/local/secrets.json'), 'utf8')),
  )
  for (const file of filesIn(join(root, output))) expectNoSecret(readFileSync(file), key, file)

  await serve(root, (origin) => askServer(origin, key))
  if (uploaded) await callAlone(join(root, uploaded), key)
}

/** Opens the page in a browser, and sends what it asks the server for. */
async function askServer(origin, key) {
  const answer = await fetch(`${origin}/api/link?file=report.pdf`)
  const { url } = await answer.json()
  expectSigned(url, key)
  const refused = await fetch(`${origin}/api/link?file=../secrets.json`)
  expect(refused.status === 404, `the server answers ${refused.status} for a file that is not offered`)
  if (!browser) return
  const page = await browser.newPage()
  try {
    const answers = []
    page.on('response', (response) => answers.push(response.body().catch(() => Buffer.alloc(0))))
    page.on('pageerror', ({ message }) => answers.push(Promise.reject(new Error(`the page says ${message}`))))
    await page.goto(origin)
    const title = await page.locator('h1').textContent()
    expect(title === TITLE, `the page is called ${title}`)
    const support = await page.locator('footer').textContent()
    expect(support === SUPPORT, `the page names ${support}`)
    await page.getByRole('button', { name: 'invoice.pdf' }).click()
    const link = page.getByRole('link', { name: 'good for 15 minutes' })
    expectSigned(await link.getAttribute('href'), key)
    for (const body of await Promise.all(answers)) expectNoSecret(body, key, 'an answer of the server')
  } finally {
    await page.close()
  }
}

/** `/files/report.pdf?expires=…&signature=…`, signed with the secret: so the server has read it. */
function expectSigned(url, key) {
  const { pathname, searchParams } = new URL(url, 'http://localhost')
  const text = `${basename(pathname)}:${searchParams.get('expires')}`
  const signature = createHmac('sha256', key).update(text).digest('hex')
  expect(searchParams.get('signature') === signature, `the link ${pathname} is not signed with the secret`)
}

/** As in the cloud: no file of the project is there, and the secret is a variable. */
async function callAlone(file, key) {
  const alone = mkdtempSync(join(work, 'alone-'))
  cpSync(file, join(alone, basename(file)))
  const code = `import { handler } from './${basename(file)}'
const event = { rawPath: '/api/link', queryStringParameters: { file: 'report.pdf' } }
console.log((await handler(event)).body)`
  const args = ['--input-type=module', '-e', code]
  const out = await run(process.execPath, args, alone, { LINK_SIGNING_KEY: key })
  expectSigned(JSON.parse(out).url, key)
}

async function serve(root, use) {
  const port = await freePort()
  const child = start('npm', ['start'], root, {
    PORT: String(port),
    HOST: '127.0.0.1',
    ORIGIN: `http://127.0.0.1:${port}`,
  })
  const origin = `http://127.0.0.1:${port}`
  try {
    const ended = child.ended.then(({ text }) => Promise.reject(new Error(`npm start ended\n${text}`)))
    ended.catch(() => undefined)
    await Promise.race([answers(origin), ended])
    await use(origin)
  } finally {
    stop(child)
    await child.ended
  }
}

async function answers(origin) {
  for (const end = Date.now() + LIMIT; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 50))) {
    const answer = await fetch(origin).catch(() => undefined)
    if (answer) return
  }
  throw new Error('npm start does not answer')
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

async function run(command, args, cwd, env = {}) {
  const child = start(command, args, cwd, env)
  const late = setTimeout(() => stop(child), LIMIT)
  const { code, out, text } = await child.ended
  clearTimeout(late)
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}\n${text}`)
  return out
}

/** In a process group of its own, so that what npm starts can be stopped. */
function start(command, args, cwd, env) {
  const process_ = spawn(command, args, {
    cwd,
    env: { ...cleanEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let out = ''
  let text = ''
  process_.stdout.setEncoding('utf8').on('data', (data) => {
    out += data
    text += data
  })
  process_.stderr.setEncoding('utf8').on('data', (data) => {
    text += data
  })
  const ended = new Promise((resolve, reject) => {
    process_.on('error', reject)
    process_.on('close', (code, signal) => resolve({ code: code ?? signal, out, text }))
  })
  const child = { pid: process_.pid, ended }
  children.add(child)
  ended.finally(() => children.delete(child)).catch(() => undefined)
  return child
}

function stop({ pid }) {
  try {
    process.kill(-pid, 'SIGTERM')
  } catch {
    // It has already exited.
  }
}

/** Without the variables of this repository's npm, and of this shell, that would affect another project. */
function cleanEnvironment() {
  const foreign =
    /^(?:npm_(?:package|lifecycle|config_local_prefix|config_prefix)|SYSTEMPROMPT_|PUBLIC_|HOST$|PORT$|INIT_CWD$)/
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)))
}

function withoutComments(text) {
  return text.replace(/^\s*\/\/.*$/gm, '')
}

function expectNoSecret(content, secret, where) {
  const bytes = Buffer.from(secret)
  const forms = [secret, bytes.toString('base64'), bytes.toString('hex'), encodeURIComponent(secret)]
  expect(!forms.some((form) => content.includes(form)), `${where} holds the secret`)
}

function filesIn(directory) {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  expect(files.length > 0, `nothing is in ${directory}`)
  return files
}

function expect(is, message) {
  if (!is) throw new Error(message)
}
