import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { format, inspect } from 'node:util'
import ts from 'typescript'
import { afterAll, describe, expect, test } from 'vitest'
import { check } from '../src/cli/commands/config/check.ts'
import { explain } from '../src/cli/commands/config/explain.ts'
import { show } from '../src/cli/commands/config/show.ts'
import { run as runProgram } from '../src/cli/commands/run.ts'
import { scan } from '../src/cli/commands/scan.ts'
import { EXIT } from '../src/cli/io.ts'
import { type Emulator, startEmulator } from '../src/emulator/index.ts'
import { isBlockedName } from '../src/environment/blocked-names.ts'
import { collectProblems } from '../src/errors/errors.ts'
import * as library from '../src/index.ts'
import { isConfigError, LAYERS, loadConfigSync, PROBLEM_CODES, type Problem, renderProblem } from '../src/index.ts'
import { scanDotenv } from '../src/read/dotenv-text.ts'
import { LIMITS } from '../src/read/guard.ts'
import { parseJson } from '../src/read/json.ts'
import { parseYaml } from '../src/read/yaml.ts'
import { MOVED_KEYS, PROFILE_FIELDS } from '../src/schema/profile-fields.ts'
import { KNOWN_SECRETS } from '../src/schema/secret-names.ts'
import type { Source } from '../src/types.ts'
import { run } from './cli/recorder.ts'
import { Cluster } from './support/cluster.ts'
import { buildImage, filesOf, type Image, type Mount, runImage } from './support/container.ts'
import { installInto, start } from './support/installed.ts'
import { type Block, type Page, parsePage } from './support/markdown.ts'
import { type StartupResults, startupSummary, startupTables } from './support/startup-table.ts'

/**
 * Runs what the README and docs/ show. The blocks of a section (a heading of the first or second level) are processed in
 * their order, as a reader would, in a project of their own:
 *
 *     ts                        type-checks
 *     ts run                    is run as well; `//=> …` after a statement is its value
 *     yaml                      is written to the project if its first line is a comment with a path, `# services/ai/config.yaml`,
 *                               else read with the library's own reader; also json, jsonc, dotenv, and ts for a file
 *     text file=run/secrets/db  is written to the project
 *     js, dockerfile            is written to the project
 *     sh                        is run: the command line in this process; node and the scripts of the project with the built
 *                               package installed; docker and kubectl carried out in folders; `export`, git. Other npm
 *                               commands, bun and deno are only checked: `npm run test:runtimes` runs the latter
 *                               commands of an example are run by `npm run examples`
 *     sh emulator               is run with the login of an emulator, one a section, in the variables of a container
 *     text output               is what the block above printed, `…` for omitted lines; also json
 *     text problems             is what a load finds wrong, or with `strict` a strict one; under a heading that is a code, of
 *                               this code only
 *     text tree                 names every file of the project
 *
 * `project=quickstart` on any of them starts from that folder of fixtures/. A command ends with 0 unless `# exit 6` is
 * after it. `DOCS_UPDATE=1 npm test -- test/docs.test.ts` writes what was printed into the pages; read the diff.
 */

const root = fileURLToPath(new URL('..', import.meta.url))
/** Shown in the pages in place of a project's directory. */
const SHOWN_ROOT = '/srv/acme'

const pages = ['README.md', ...below('docs').filter((name) => name.endsWith('.md'))].map(readPage)
const others = ['CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md'].map(readPage)
const blocks = pages.flatMap((page) => page.blocks)

function below(directory: string): string[] {
  const names = readdirSync(join(root, directory), { recursive: true, encoding: 'utf8' })
  return names.map((name) => posix.join(directory, name.replaceAll('\\', '/'))).sort()
}

function readPage(file: string): Page {
  return parsePage(file, readFileSync(join(root, file), 'utf8'))
}

function page(file: string): Page {
  return pages.find((each) => each.file === file) ?? readPage(file)
}

function at({ page, line }: Block): string {
  return `${page}:${line}`
}

test('every block has a kind that is checked', () => {
  expect(blocks.filter((block) => kindOf(block) === undefined).map(at)).toEqual([])
})

test('TypeScript blocks type-check against the source', () => {
  expect(typeErrors(blocks.filter(({ language }) => language === 'ts'))).toEqual([])
}, 300_000)

const withBlocks = pages.filter((each) => each.blocks.length > 0)

describe.each(withBlocks.map((each) => [each.file, each] as const))('%s', (_file, { blocks }) => {
  const sections = new Map(blocks.map(({ section }) => [section, blocks.filter((block) => block.section === section)]))
  test.each([...sections].map(([{ text }, list]) => [text, list] as const))('%s', async (_title, list) => {
    const walk = new Walk()
    try {
      for (const block of list) await STEPS[kindOf(block) ?? 'checked'](block, walk)
      if (walk.isUnread) expect(walk.load().errors.map(renderProblem), 'the project of this section').toEqual([])
    } finally {
      walk.end()
    }
  })
})

type Kind = 'checked' | 'run' | 'file' | 'data' | 'sh' | 'output' | 'problems' | 'tree'

const DATA = ['yaml', 'json', 'jsonc', 'dotenv']

/** undefined for a block that no rule covers. */
function kindOf(block: Block): Kind | undefined {
  const { language, flags, settings } = block
  if (Object.keys(settings).some((name) => name !== 'file' && name !== 'project')) return undefined
  const [flag, ...more] = flags
  if (more.length > 0 && flags.join(' ') !== 'problems strict') return undefined
  if (flag === 'output') return language === 'text' || language === 'json' ? 'output' : undefined
  if (flag === 'problems' || flag === 'tree') return language === 'text' ? flag : undefined
  if (fileOf(block) !== undefined) return flag ? undefined : 'file'
  if (language === 'ts') return flag === 'run' ? 'run' : flag ? undefined : 'checked'
  if (flag === 'emulator') return language === 'sh' ? 'sh' : undefined
  if (flag) return undefined
  if (language === 'sh') return 'sh'
  return DATA.includes(language) ? 'data' : undefined
}

/** The file that a block shows: from its settings, if a comment would be part of the text, or else from its first line. */
function fileOf({ language, settings, text }: Block): string | undefined {
  if (settings.file !== undefined) return settings.file
  if (![...DATA, 'ts', 'js'].includes(language)) return undefined
  return /^(?:#|\/\/) ([\w.-]+\/\S+|\.env\S*|systemprompt\.config\.\w+|\w+\.[cm]?js)\n/.exec(text)?.[1]
}

const STEPS: Record<Kind, (block: Block, walk: Walk) => void | Promise<void>> = {
  checked(block) {
    expect(block.text, `${at(block)} shows a result, so it has to be run`).not.toMatch(/\/\/=>/)
  },
  run: (block, walk) => runTypeScript(block, walk.for(block)),
  file: (block, walk) => walk.for(block).write(fileOf(block) ?? '', block.text),
  data(block) {
    expect(problemsOfData(block), at(block)).toEqual([])
  },
  sh: (block, walk) => runShell(block, walk.for(block)),
  output(block, walk) {
    expectPrinted(block, walk.printed)
  },
  problems(block, walk) {
    const { errors, warnings } = walk.for(block).load(block.flags.includes('strict'))
    const code = block.section.text
    const isOfCode = (problem: Problem): boolean =>
      problem.code === code || !PROBLEM_CODES.some((each) => each === code)
    expectPrinted(block, [...errors, ...warnings].filter(isOfCode).map(renderProblem).join('\n'))
  },
  tree(block, walk) {
    const missing = walk
      .for(block)
      .files()
      .filter((file) => !file.endsWith('.gitkeep') && !file.split('/').every((name) => block.text.includes(name)))
    expect(missing, `files that the tree at ${at(block)} leaves out`).toEqual([])
  },
}

/** A reader who follows one section. */
class Walk {
  readonly env: Record<string, string> = {}
  /** What the last block printed. */
  printed = ''
  /** Whether files were written that nothing has read yet. */
  isUnread = false
  readonly images = new Map<string, Image>()
  readonly cluster = new Cluster()
  #directory: string | undefined
  #emulator: Emulator | undefined

  /** Logs in at an emulator, as a container does. */
  async emulate(): Promise<void> {
    this.#emulator ??= await startEmulator()
    this.env.SYSTEMPROMPT_API_URL = this.#emulator.url
    this.env.SYSTEMPROMPT_API_TOKEN ??= this.#emulator.token()
    this.env.SYSTEMPROMPT_USER_EMAIL = 'dev@example.com'
  }

  for({ settings: { project } }: Block): this {
    if (project === undefined) return this
    cpSync(join(root, 'fixtures', project), this.directory, { recursive: true })
    for (const file of this.files()) this.#protect(file)
    return this
  }

  get directory(): string {
    this.#directory ??= realpathSync(mkdtempSync(join(tmpdir(), 'systemprompt-docs-')))
    return this.#directory
  }

  files(): string[] {
    const entries = readdirSync(this.directory, { recursive: true, withFileTypes: true })
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) =>
        join(entry.parentPath, entry.name)
          .slice(this.directory.length + 1)
          .replaceAll('\\', '/'),
      )
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(join(this.directory, name)), { recursive: true })
    writeFileSync(join(this.directory, name), text)
    this.#protect(name)
    if (name.startsWith('systemprompt.config')) installPackages(this.directory)
    this.isUnread = true
  }

  /** Git keeps no modes, and a reader would have set this one. */
  #protect(name: string): void {
    if (/(?:secrets|credentials|tenants)\.json$/.test(name)) chmodSync(join(this.directory, name), 0o600)
  }

  load(strict = false): { errors: readonly Problem[]; warnings: readonly Problem[] } {
    this.isUnread = false
    try {
      return { errors: [], warnings: loadConfigSync({ cwd: this.directory, env: this.env, strict }).warnings }
    } catch (error) {
      if (!isConfigError(error)) throw error
      return { errors: error.issues, warnings: [] }
    }
  }

  /** The project's directory, with the built package in it. */
  installed(): string {
    if (!existsSync(join(this.directory, 'node_modules/@systemprompt/env/dist'))) installInto(this.directory)
    return this.directory
  }

  scripts(): Readonly<Record<string, string>> {
    const file = join(this.directory, 'package.json')
    if (!existsSync(file)) return {}
    const { scripts = {} } = JSON.parse(readFileSync(file, 'utf8')) as { scripts?: Record<string, string> }
    return scripts
  }

  /** Remembers what was printed, with the directory named as in the pages. */
  print(text: string): void {
    const shown = text.replaceAll(this.directory, SHOWN_ROOT)
    this.printed = this.#emulator ? shown.replaceAll(this.#emulator.url, 'http://127.0.0.1:8787') : shown
    this.isUnread = false
  }

  end(): void {
    void this.#emulator?.close()
    if (this.#directory) rmSync(this.#directory, { recursive: true, force: true })
  }
}

/** What `npm i` would have installed, for a config file that imports it. */
function installPackages(directory: string): void {
  const own = join(directory, 'node_modules/@systemprompt/env')
  mkdirSync(own, { recursive: true })
  writeFileSync(join(own, 'package.json'), '{ "type": "module", "exports": "./index.js" }')
  writeFileSync(join(own, 'index.js'), 'export const defineConfig = (options) => options\n')
  symlinkSync(join(root, 'node_modules/zod'), join(directory, 'node_modules/zod'), 'junction')
}

function problemsOfData({ language, text, page }: Block): readonly string[] {
  const problems = collectProblems()
  const source: Source = { layer: 'profile', file: page, text, confidential: false }
  if (language === 'yaml') parseYaml(source, problems)
  else if (language !== 'dotenv') parseJson(source, problems)
  else if (scanDotenv(text).unclosed.length > 0) return ['a quote is never closed']
  return problems.errors.map(renderProblem)
}

// Output

const updates: { block: Pick<Block, 'page' | 'line' | 'text'>; text: string }[] = []

function expectPrinted(block: Block, printed: string): void {
  const actual = tidy(printed)
  const expected = tidy(block.text)
  if (block.language === 'json') {
    if (process.env.DOCS_UPDATE) updates.push({ block, text: JSON.stringify(JSON.parse(actual), null, 2) })
    else expect(JSON.parse(actual), at(block)).toEqual(JSON.parse(expected))
    return
  }
  const parts = expected.split(/^\s*…$/m)
  if (parts.length === 1) {
    if (process.env.DOCS_UPDATE) updates.push({ block, text: actual })
    else expect(actual, at(block)).toBe(expected)
    return
  }
  const pattern = parts.map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('[^]*')
  expect(actual, at(block)).toMatch(new RegExp(`^${pattern}$`))
}

function tidy(text: string): string {
  return text.replace(/[ \t]+$/gm, '').replace(/^\n+|\n+$/g, '')
}

afterAll(() => {
  for (const { file } of pages) {
    const mine = updates.filter(({ block }) => block.page === file)
    const lines = readFileSync(join(root, file), 'utf8').split('\n')
    for (const { block, text } of mine.sort((one, other) => other.block.line - one.block.line)) {
      lines.splice(block.line - 1, block.text.split('\n').length - 1, ...text.split('\n'))
    }
    if (mine.length > 0) writeFileSync(join(root, file), lines.join('\n'))
  }
})

// Shell

async function runShell(block: Block, walk: Walk): Promise<void> {
  let printed = ''
  if (block.flags.includes('emulator')) await walk.emulate()
  for (const line of block.text.split('\n').filter((each) => each.trim() !== '' && !each.startsWith('#'))) {
    const [, command = '', exit = '0'] = /^(.*?)(?:\s+# exit (\d+).*)?$/.exec(line) ?? []
    for (const part of command.replace(/\s+#\s.*$/, '').split(' && ')) {
      const { status, text } = await runCommand(wordsOf(part), walk, scriptsBeside(block.page))
      expect({ command: part, status, text: status === Number(exit) ? '' : text }, at(block)).toEqual({
        command: part,
        status: Number(exit),
        text: '',
      })
      printed += text
    }
  }
  walk.print(printed)
}

/** `NAME='a b' run --flag` → `["NAME=a b", "run", "--flag"]`. */
function wordsOf(command: string): string[] {
  return (command.match(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g) ?? []).map((word) =>
    word.replace(/'([^']*)'|"([^"]*)"/g, '$1$2'),
  )
}

interface Ended {
  readonly status: number
  readonly text: string
}

async function runCommand(words: readonly string[], walk: Walk, scripts: Scripts): Promise<Ended> {
  const first = words.findIndex((word) => !/^\w+=/.test(word))
  const env = { ...walk.env, ...assignments(words.slice(0, first)) }
  const [name = '', ...args] = words.slice(first)
  switch (name) {
    case 'systemprompt': {
      const { code, out, err } = await run(walk.directory, args, { env })
      return { status: code, text: out + err }
    }
    case 'export':
      Object.assign(walk.env, assignments(args))
      return { status: 0, text: '' }
    case 'chmod':
      chmodSync(join(walk.directory, args[1] ?? ''), Number.parseInt(args[0] ?? '', 8))
      return { status: 0, text: '' }
    case 'mkdir':
      mkdirSync(join(walk.directory, args[0] ?? ''))
      return { status: 0, text: '' }
    case 'git': {
      const { status } = spawnSync('git', args, { cwd: walk.directory, env: { ...process.env, ...BARE_GIT } })
      return { status: status ?? 1, text: '' }
    }
    case 'node':
      return ended(await start({ cwd: walk.installed(), args, env }))
    case 'npm': {
      const [command = '', script = command] = args.filter((arg) => arg !== 'run')
      if (script in walk.scripts()) {
        const cwd = walk.installed()
        return ended(
          await start({ cwd, args: [command === script ? 'run' : command, '--silent', script], env, command: 'npm' }),
        )
      }
      return { status: isRightNpm(args, scripts) ? 0 : 1, text: `not right: npm ${args.join(' ')}` }
    }
    case 'docker':
      return await runDocker(args, walk)
    case 'kubectl':
      return await runKubectl(args, walk)
    case 'bun':
    case 'deno':
      return { status: isMeasured(words) ? 0 : 1, text: `scripts/runtime-rows.json does not have ${words.join(' ')}` }
    case 'openssl':
      return { status: 0, text: '' }
    default:
      return { status: 127, text: `the test does not know ${name}` }
  }
}

function ended({ code, out, err }: Awaited<ReturnType<typeof start>>): Ended {
  return { status: typeof code === 'number' ? code : 1, text: out + err }
}

/** `docker build -t TAG .` and `docker run`, without an engine. */
async function runDocker([command, ...args]: readonly string[], walk: Walk): Promise<Ended> {
  const tag = args[args.indexOf('-t') + 1] ?? ''
  if (command === 'build') {
    // What `npm i` leaves next to package.json.
    if (!existsSync(join(walk.directory, 'package-lock.json'))) walk.write('package-lock.json', '{}')
    const image = buildImage(walk.directory, (folder, npm) => {
      expect(isRightNpm(npm), `npm ${npm.join(' ')}`).toBe(true)
      expect(existsSync(join(folder, 'package.json'))).toBe(true)
      installInto(folder)
    })
    const own = filesOf(image).filter((file) => !file.includes('node_modules'))
    expect(own.filter((file) => /\.systemprompt|\.env|secret/.test(file))).toEqual([])
    walk.images.set(tag, image)
    return { status: 0, text: '' }
  }
  expect(command).toBe('run')
  const image = walk.images.get(args.at(-1) ?? '')
  if (!image) return { status: 125, text: 'there is no such image' }
  const env: Record<string, string> = {}
  const mounts: Mount[] = []
  let user = image.user
  for (let at = 0; at < args.length - 1; at++) {
    const value = args[at + 1] ?? ''
    if (args[at] === '-e') Object.assign(env, assignments([value]))
    else if (args[at] === '-v') {
      const [from = '', to = ''] = value.split(':')
      mounts.push({ at: to, from: join(walk.directory, from) })
    } else if (args[at] === '--user') user = Number(value)
    else {
      expect(['--rm', '--read-only', '--init']).toContain(args[at])
      continue
    }
    at++
  }
  return ended(await runImage({ ...image, user }, env, mounts))
}

/** `kubectl create secret generic`, `apply` and `logs`, without a cluster. */
async function runKubectl(args: readonly string[], walk: Walk): Promise<Ended> {
  const [command = '', ...rest] = args
  if (command === 'create') {
    const [kind, type, name = '', ...sources] = rest
    expect([kind, type]).toEqual(['secret', 'generic'])
    const files = sources.map((source) => source.replace(/^--from-file=/, ''))
    walk.cluster.createSecret(name, files, walk.directory)
  } else if (command === 'apply') {
    expect(rest[0]).toBe('-f')
    walk.cluster.apply(readFileSync(join(walk.directory, rest[1] ?? ''), 'utf8'))
  } else {
    expect(command).toBe('logs')
    const imageOf = (tag: string): Image => {
      const image = walk.images.get(tag)
      if (!image) throw new Error(`there is no image ${tag}`)
      return image
    }
    return ended(await walk.cluster.logs((rest[0] ?? '').replace(/^deployment\//, ''), imageOf))
  }
  return { status: 0, text: '' }
}

/** Whether `npm run test:runtimes` runs this very command. */
function isMeasured(words: readonly string[]): boolean {
  const rows = JSON.parse(readFileSync(join(root, 'scripts/runtime-rows.json'), 'utf8')) as { command: string }[]
  return rows.some(({ command }) => command === words.join(' '))
}

/** The user who runs the tests may have a global .gitignore. */
const BARE_GIT = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' }

function assignments(words: readonly string[]): Record<string, string> {
  return Object.fromEntries(words.map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]))
}

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly name: string
  readonly engines: { readonly node: string }
  readonly scripts: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}

/** npm is not run here, but what its arguments name must exist. */
function isRightNpm([command = '', ...args]: readonly string[], scripts: Scripts = manifest.scripts): boolean {
  const [name = ''] = args.filter((arg) => !arg.startsWith('-'))
  const { dependencies, devDependencies } = manifest
  if (command === 'ci') return args.every((arg) => arg === '--omit=dev')
  if (command === 'install') return args.length === 0
  if (command === 'start') return command in scripts
  if (command === 'i') return name in { ...dependencies, ...devDependencies, [manifest.name]: '' }
  return command === 'test' || (command === 'run' && name in scripts)
}

type Scripts = Readonly<Record<string, string>>

/** Those of an example beside its page, which `npm run examples` runs; else those of this package. */
function scriptsBeside(file: string): Scripts {
  const beside = join(root, dirname(file), 'package.json')
  return existsSync(beside) ? JSON.parse(readFileSync(beside, 'utf8')).scripts : manifest.scripts
}

// TypeScript

const MODULES: Readonly<Record<string, () => Promise<unknown>>> = {
  '@systemprompt/env': () => import('../src/index.ts'),
  '@systemprompt/env/scan': () => import('../src/scan/index.ts'),
  '@systemprompt/env/schema': () => import('../src/schema/index.ts'),
  '@systemprompt/env/cloud': () => import('../src/cloud/index.ts'),
  '@systemprompt/env/emulator': () => import('../src/emulator/index.ts'),
  zod: () => import('zod'),
  valibot: () => import('valibot'),
  arktype: () => import('arktype'),
  'node:fs': () => import('node:fs'),
  'node:util': () => import('node:util'),
}

async function runTypeScript(block: Block, walk: Walk): Promise<void> {
  const { code, remarks } = instrumented(block)
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, esModuleInterop: true },
  })
  const results = remarks.map((): string[] => [])
  const printed: string[] = []
  const log = (...values: unknown[]): void => void printed.push(format(...values))
  const scope = {
    require: await requirer(block.text),
    exports: {},
    console: { log, error: log, warn: log },
    __value: (index: number, value: unknown) =>
      results[index]?.push(inspect(value, { depth: Number.POSITIVE_INFINITY })),
    __log:
      (index: number) =>
      (...values: unknown[]) =>
        results[index]?.push(format(...values)),
  }
  const start = new Function(...Object.keys(scope), `return (async () => {${outputText}\n})()`)
  await insideProject(walk, async () => {
    await start(...Object.values(scope))
  })
  const actual = results.map((result, index) => ({ at: remarks[index]?.at, gives: oneLine(result.join('\n')) }))
  expect(actual).toEqual(remarks.map(({ at, text }) => ({ at, gives: oneLine(text) })))
  walk.print(printed.join('\n'))
}

async function requirer(text: string): Promise<(name: string) => unknown> {
  const names = [...text.matchAll(/ from '([^']+)'/g)].map(([, name = '']) => name)
  const loaded = new Map<string, unknown>()
  for (const name of names) loaded.set(name, await MODULES[name]?.())
  return (name) => loaded.get(name)
}

/** The library's defaults, working directory and environment, are those of the reader. */
async function insideProject(walk: Walk, work: () => Promise<void>): Promise<void> {
  const { env } = process
  const cwd = process.cwd()
  process.env = { ...walk.env }
  process.chdir(walk.directory)
  try {
    await work()
  } finally {
    process.chdir(cwd)
    process.env = env
  }
}

interface Remark {
  readonly at: string
  readonly text: string
}

/** After a statement, on its line or the next; continuation lines are indented by two spaces or more. */
const REMARK = /[ \t]*(?:\n[ \t]*)?\/\/=>([^\n]*(?:\n[ \t]*\/\/ {2,}[^\n]*)*)/y

/** The code, in which every statement with a remark reports its value. */
function instrumented(block: Block): { code: string; remarks: readonly Remark[] } {
  const source = ts.createSourceFile('block.ts', block.text, ts.ScriptTarget.ES2022, true)
  const remarks: Remark[] = []
  const edits: { from: number; to: number; text: string }[] = []
  const visit = (node: ts.Node): void => {
    REMARK.lastIndex = node.end
    const remark = ts.isExpressionStatement(node) ? REMARK.exec(block.text)?.[1] : undefined
    if (remark !== undefined && ts.isExpressionStatement(node)) {
      const { expression } = node
      const isLog = ts.isCallExpression(expression) && expression.expression.getText() === 'console.log'
      const [start, end] = [expression.getStart(), expression.end]
      if (isLog) edits.push({ from: start, to: expression.expression.end, text: `__log(${remarks.length})` })
      else edits.push({ from: start, to: end, text: `__value(${remarks.length}, ${block.text.slice(start, end)})` })
      const line = block.line + source.getLineAndCharacterOfPosition(start).line
      remarks.push({ at: `${block.page}:${line}`, text: remark.replace(/\n[ \t]*\/\//g, '\n') })
    } else ts.forEachChild(node, visit)
  }
  visit(source)
  expect(remarks.length, `${at(block)}: a //=> stands behind something that has no value`).toBe(
    block.text.split('//=>').length - 1,
  )
  let code = block.text
  for (const { from, to, text } of edits.reverse()) code = code.slice(0, from) + text + code.slice(to)
  return { code, remarks }
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}

/** One program for all blocks; each is a module of its own that exists only in memory. */
function typeErrors(list: readonly Block[]): string[] {
  const files = new Map(
    list.map((block) => [join(root, 'docs', `${block.page.replace(/\W/g, '-')}-${block.line}.ts`), block]),
  )
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root)
  const settings: ts.CompilerOptions = {
    ...options,
    noUnusedLocals: false,
    paths: {
      '@systemprompt/env': [join(root, 'src/index.ts')],
      '@systemprompt/env/scan': [join(root, 'src/scan/index.ts')],
      '@systemprompt/env/schema': [join(root, 'src/schema/index.ts')],
      '@systemprompt/env/*': [join(root, 'integrations/*.ts')],
      '@systemprompt/env/cloud': [join(root, 'src/cloud/index.ts')],
      '@systemprompt/env/emulator': [join(root, 'src/emulator/index.ts')],
    },
  }
  const host = ts.createCompilerHost(settings)
  const { fileExists, readFile, getSourceFile } = host
  const textOf = (name: string): string | undefined => {
    const block = files.get(join(name))
    return block && `${block.text}\nexport {}\n`
  }
  host.fileExists = (name) => textOf(name) !== undefined || fileExists(name)
  host.readFile = (name) => textOf(name) ?? readFile(name)
  host.getSourceFile = (name, language, ...rest) => {
    const text = textOf(name)
    return text === undefined ? getSourceFile(name, language, ...rest) : ts.createSourceFile(name, text, language, true)
  }
  const program = ts.createProgram([...files.keys(), join(root, 'test/support/systemprompt-env.d.ts')], settings, host)
  return [...files].flatMap(([name, block]) => {
    const source = program.getSourceFile(name)
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map((diagnostic) => {
      const line = block.line + (source?.getLineAndCharacterOfPosition(diagnostic.start ?? 0).line ?? 0)
      return `${block.page}:${line} ${ts.flattenDiagnosticMessageText(diagnostic.messageText, ' ')}`
    })
  })
}

// What the pages must name

describe('links', () => {
  test.each([...pages, ...others].map((each) => [each.file, each] as const))(
    'in %s lead somewhere',
    (file, { links }) => {
      const broken = links
        .filter(({ target }) => !/^[a-z]+:/.test(target))
        .filter(({ target }) => !leadsSomewhere(file, target))
        .map(({ target, line }) => `${file}:${line} ${target}`)
      expect(broken).toEqual([])
    },
  )
})

function leadsSomewhere(from: string, target: string): boolean {
  const [path = '', anchor] = target.split('#')
  const file = path === '' ? from : posix.join(posix.dirname(from), path)
  if (!existsSync(join(root, file))) return false
  return anchor === undefined || page(file).headings.some(({ slug }) => slug === anchor)
}

test('docs/errors.md has a heading for every code, in their order', () => {
  const codes = page('docs/errors.md')
    .headings.map(({ text }) => text)
    .filter((text) => /^[A-Z_]+$/.test(text))
  expect(codes).toEqual([...PROBLEM_CODES])
})

describe('docs/configuration.md', () => {
  const rows = (slug: string): readonly (readonly string[])[] =>
    page('docs/configuration.md')
      .rows.filter(({ section }) => section.slug === slug)
      .map(({ cells }) => cells)

  test('has every field of profile.yaml with its default', () => {
    const shown = rows('profileyaml')
      .filter(([key]) => PROFILE_FIELDS.some(({ path }) => key === `\`${path}\``))
      .map(([key, type, , fallback]) => [key, type, fallback])
    const fields = PROFILE_FIELDS.map((field) => [`\`${field.path}\``, typeOf(field), defaultOf(field)])
    expect(shown).toEqual(fields)
  })

  test.each(PROFILE_FIELDS)('says which values $path may have', (field) => {
    const [, , rule = ''] = rows('profileyaml').find(([key]) => key === `\`${field.path}\``) ?? []
    expect(rulesOf(field).filter((part) => !rule.includes(part))).toEqual([])
  })

  test('has every old spelling of a key', () => {
    const shown = rows('earlier-spellings').map(([from = '', to = '']) => `${from} → ${to}`)
    const missing = MOVED_KEYS.filter(({ from, to }) => !shown.some((row) => row.startsWith(`\`${from}\` → \`${to}\``)))
    expect(missing).toEqual([])
  })

  test('has the layers in their order', () => {
    const order = rows('precedence').map(([, layer = '']) => layer.replaceAll('`', ''))
    expect(order.filter((name) => LAYERS.some((layer) => layer === name))).toEqual([...LAYERS])
  })
})

type Field = (typeof PROFILE_FIELDS)[number]

function typeOf({ type, nullable }: Field): string {
  return nullable ? `${type}, null` : type
}

function rulesOf({ oneOf = [], min, max, format, onDisk }: Field): string[] {
  const range = max === undefined ? `${min} or more` : `${min} to ${max}`
  return [
    ...oneOf.map((value) => `\`${value}\``),
    ...(min === undefined ? [] : [range]),
    ...(format === 'http-url' ? ['http(s) URL'] : []),
    ...(format === 'http-origin' ? ['http(s) origins'] : []),
    ...(onDisk ? ['path'] : []),
  ]
}

function defaultOf({ default: value, required }: Field): string {
  if (value === undefined) return required ? 'needed' : ''
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``
}

test('every option of a load is described in a table', () => {
  const described = new Set(pages.flatMap(({ rows }) => rows.map(({ cells }) => cells[0])))
  const names = ['LoadOptions', 'SecretsOptions', 'DotenvOptions'].flatMap((name) =>
    membersOf('src/options/options.ts', name),
  )
  const prefixes = ['', 'secrets.', 'dotenv.']
  expect(names.filter((name) => !prefixes.some((prefix) => described.has(`\`${prefix}${name}\``)))).toEqual([])
})

test.each([
  ['src/expose/expose.ts', 'ResolvedConfig', 'docs/configuration.md'],
  ['src/expose/explain.ts', 'Explanation', 'docs/configuration.md'],
  ['src/check.ts', 'CheckResult', 'docs/configuration.md'],
  ['src/errors/errors.ts', 'Problem', 'docs/errors.md'],
  ['src/watch-config.ts', 'WatchOptions', 'docs/watching.md'],
  ['src/watch-config.ts', 'ConfigUpdate', 'docs/watching.md'],
  ['src/watch-config.ts', 'ConfigChange', 'docs/watching.md'],
  ['src/watch-config.ts', 'ConfigWatcher', 'docs/watching.md'],
  ['integrations/options.ts', 'PluginOptions', 'docs/public-values.md'],
])('every field of %s, %s, is described in a table of %s', (file, name, where) => {
  const described = page(where).rows.flatMap(({ cells: [first = ''] }) => first.replace(/\(.*\)/, '').split(', '))
  expect(membersOf(file, name).filter((member) => !described.includes(`\`${member}\``))).toEqual([])
})

test('every exported function is mentioned', () => {
  const text = pages.map((each) => each.text).join('\n')
  expect(Object.keys(library).filter((name) => !new RegExp(`\\b${name}\\b`).test(text))).toEqual([])
})

test('docs/secrets.md has every known secret with its names', () => {
  const rows = page('docs/secrets.md').rows.map(({ cells }) => cells.join(' '))
  const missing = KNOWN_SECRETS.filter((secret) => {
    const names: readonly string[] = [
      secret.key,
      secret.env,
      ...('spellings' in secret ? secret.spellings : []),
      ...('envAliases' in secret ? secret.envAliases : []),
    ]
    return !rows.some((row) => names.every((name) => row.includes(`\`${name}\``)))
  })
  expect(missing).toEqual([])
})

describe('docs/cli.md', () => {
  const cells = page('docs/cli.md').rows.flatMap(({ cells: [first = ''] }) => first.split(', '))

  test('has every exit code', () => {
    expect(Object.values(EXIT).filter((code) => !cells.includes(`\`${code}\``))).toEqual([])
  })

  const commands = { 'config check': check, 'config explain': explain, 'config show': show, run: runProgram, scan }
  test.each(Object.entries(commands))('has every option of %s', (_name, { args }) => {
    const flags = Object.entries(args ?? {}).filter(([, { type }]) => type !== 'positional')
    expect(flags.map(([name]) => name).filter((name) => !cells.some((cell) => isFlag(cell, name)))).toEqual([])
  })
})

/** Whether a cell is `--name` or `--name <value>`. */
function isFlag(cell: string, name: string): boolean {
  return cell === `\`--${name}\`` || cell.startsWith(`\`--${name} <`)
}

describe('docs/security.md', () => {
  const rows = (slug: string): readonly (readonly string[])[] =>
    page('docs/security.md')
      .rows.filter(({ section }) => section.slug === slug)
      .map(({ cells }) => cells)

  test('has exactly the names that a file may not set', () => {
    const shown = rows('what-a-file-may-not-set').flatMap(([names = '']) => [...names.matchAll(/`([^`]+)`/g)])
    const names = shown.map(([, name = '']) => name)
    const source = readFileSync(join(root, 'src/environment/blocked-names.ts'), 'utf8')
    const listed = [...source.matchAll(/'([A-Z0-9_]+)'/g)].map(([, name = '']) => name)
    const parts = names.map((name) => name.replace('*', ''))
    expect(listed.filter((name) => !parts.includes(name))).toEqual([])
    expect(names.filter((name) => !isBlockedName(name.replace('*', 'X')))).toEqual([])
  })

  test('has the limits of reading', () => {
    const shown = rows('parsing').map(([, value]) => value)
    const { bytes, files, depth, includeLevels, aliasNodes } = LIMITS
    const limits = [`${bytes / 1024 / 1024} MiB`, files, depth, includeLevels, aliasNodes.toLocaleString('en')]
    expect(shown).toEqual(expect.arrayContaining(limits.map(String)))
  })
})

test('the picture in docs/how-it-works.md names the stages, the layers and fields of the result', () => {
  const picture = readFileSync(join(root, 'docs/how-it-works.svg'), 'utf8')
  const stages = /The pipeline: ([a-z → ]+)\./.exec(readFileSync(join(root, 'src/load.ts'), 'utf8'))?.[1]?.split(' → ')
  expect(stages).toHaveLength(6)
  expect([...(stages ?? []), ...LAYERS].filter((name) => !picture.includes(`>${name}<`))).toEqual([])
})

describe('docs/run-time.md', () => {
  test('has every kind of process of test/preload/inheritance.test.ts, in the same order, with what it sees', () => {
    const shown = page('docs/run-time.md')
      .rows.filter(({ section }) => section.slug === 'processes')
      .map(({ cells: [process = '', has = ''] }) => [
        process,
        /^(everything|nothing)(?=$|[:,])/.exec(has)?.[1] ?? 'other',
      ])
    const names = new Map([
      ['ALL', 'everything'],
      ['{}', 'nothing'],
    ])
    const rows = inheritanceRows().map(({ title, sees }) => [title.split(':')[0], names.get(sees) ?? 'other'])
    expect(shown.slice(2)).toEqual(rows)
  })
})

/** The rows of the tested table, each with the source of what its process sees. */
function inheritanceRows(): readonly { readonly title: string; readonly sees: string }[] {
  const file = join(root, 'test/preload/inheritance.test.ts')
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022, true)
  const declarations = source.statements
    .filter(ts.isVariableStatement)
    .flatMap((each) => each.declarationList.declarations)
  const rows = declarations.find(({ name }) => name.getText() === 'ROWS')?.initializer
  if (!rows || !ts.isObjectLiteralExpression(rows)) throw new Error('there are no ROWS')
  return rows.properties.filter(ts.isPropertyAssignment).map(({ name, initializer }) => ({
    title: ts.isStringLiteral(name) ? name.text : name.getText(),
    sees: /\bsees: (ALL\b|\{\}|.)/s.exec(initializer.getText())?.[1] ?? '',
  }))
}

describe('the start-up times', () => {
  const results = JSON.parse(readFileSync(join(root, 'bench/startup.json'), 'utf8')) as StartupResults
  test.each([
    ['README.md', startupSummary],
    ['docs/performance.md', startupTables],
  ] as const)('in %s are those that were measured', (file, render) => {
    const { text } = page(file)
    const [before = '', marked = ''] = text.split(/(?<=<!-- from bench\/startup\.json -->\n)([\s\S]*?)(?=<!-- end -->)/)
    const block = { page: file, line: before.split('\n').length, text: marked }
    const rendered = `\n${render(results)}\n\n`
    if (process.env.DOCS_UPDATE) updates.push({ block, text: rendered.slice(0, -1) })
    else expect(marked, `${file}: DOCS_UPDATE=1 npm test -- test/docs.test.ts`).toBe(rendered)
  })
})

/** The names of an interface's members. */
function membersOf(file: string, name: string): string[] {
  const source = ts.createSourceFile(file, readFileSync(join(root, file), 'utf8'), ts.ScriptTarget.ES2022, true)
  const found = source.statements.find((node) => ts.isInterfaceDeclaration(node) && node.name.text === name)
  if (!found || !ts.isInterfaceDeclaration(found)) throw new Error(`${name} is not in ${file}`)
  return found.members.map((member) => member.name?.getText() ?? '')
}

describe('README.md', () => {
  const { text, blocks } = page('README.md')

  test('has a first screen of one sentence, five bullets, one command and an example of at most ten lines', () => {
    const [, screen = ''] = /^# .+\n\n([\s\S]*?)^## /m.exec(text) ?? []
    const [sentence = '', bullets = ''] = screen.split('\n\n')
    const first = blocks.filter(({ section }) => section.level === 1)
    expect(sentence.match(/\.(?=\s|$)/g)).toHaveLength(1)
    expect(bullets.match(/^- /gm)).toHaveLength(5)
    expect(first.map(({ language }) => language)).toEqual(['sh', 'ts'])
    expect(first[0]?.text).toBe(`npm i ${manifest.name}\n`)
    expect(first[1]?.text.trimEnd().split('\n').length).toBeLessThanOrEqual(10)
  })

  test('names the versions of Node that package.json requires', () => {
    const [first, next] = manifest.engines.node.match(/\d+\.\d+/g) ?? []
    expect(text).toContain(`The package needs Node ${first}, or ${next} and newer`)
  })

  test('has two setups of one line each', () => {
    const setUps = blocks.filter(({ section, language }) => section.slug === 'try-it' && language === 'sh')
    expect(setUps.map((block) => block.text)).toEqual(['npm ci && npm run quickstart\n', 'npm ci && npm test\n'])
  })
})
