import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const sources = new Map(
  readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => [`src/${name}`, readFileSync(join(root, 'src', name), 'utf8')]),
)

/** What a file imports: `src/…` for our own files, the unchanged specifier for others. Types do not count. */
function importsOf(file: string, text: string): string[] {
  const specifiers = [
    ...text.matchAll(
      /^(?:import|export)\s+(?!type\b)[^'"]*?from\s+'([^']+)'|import\('([^']+)'\)|^import\s+'([^']+)'/gms,
    ),
  ]
  return specifiers
    .map(([, one, two, three]) => one ?? two ?? three ?? '')
    .map((specifier) => (specifier.startsWith('.') ? relative(root, join(root, dirname(file), specifier)) : specifier))
}

/** Everything that a file imports, directly or indirectly, except on demand. */
function reachedFrom(entry: string): ReadonlySet<string> {
  const reached = new Set<string>()
  const walk = (file: string): void => {
    if (reached.has(file)) return
    reached.add(file)
    const text = (sources.get(file) ?? '').replace(/import\('[^']+'\)/g, '')
    for (const specifier of importsOf(file, text)) walk(specifier)
  }
  walk(entry)
  return reached
}

function filesImporting(test: (specifier: string) => boolean): string[] {
  return [...sources].filter(([file, text]) => importsOf(file, text).some(test)).map(([file]) => file)
}

const integrations = new Map(
  readdirSync(join(root, 'integrations'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => [`integrations/${name}`, readFileSync(join(root, 'integrations', name), 'utf8')]),
)

describe('the architecture', () => {
  test('the bundler plugins import the library only from its public entries', () => {
    const inner = [...integrations]
      .flatMap(([file, text]) => importsOf(file, text).map((specifier) => `${file} → ${specifier}`))
      .filter((edge) => / → src\//.test(edge) && !/ → src\/(?:scan\/)?index\.ts$/.test(edge))
    expect(inner).toEqual([])
  })

  test.each([
    ['unplugin', 'integrations/plugin.ts'],
    ['oxc-parser', 'integrations/code/parse.ts'],
    ['magic-string', 'integrations/code/source-map.ts'],
  ])('%s is imported in only one file of the plugins', (name, place) => {
    const places = [...integrations]
      .filter(([file, text]) => importsOf(file, text).includes(name))
      .map(([file]) => file)
    expect(places).toEqual([place])
  })

  test('no plugin has module-level state or imports more than types of a bundler', () => {
    const hosts = ['vite', 'webpack', 'rollup', 'rolldown', '@rspack/core', '@rsbuild/core', 'esbuild', '@farmfe/core']
    for (const [file, text] of integrations) {
      expect(text, file).not.toMatch(/^(?:export )?let /m)
      expect(importsOf(file, text).filter((specifier) => hosts.includes(specifier))).toEqual([])
    }
  })

  test('the command line imports the library only from its public entries and cloud/for-commands.ts', () => {
    const inner = [...sources]
      .filter(([file]) => file.startsWith('src/cli/'))
      .flatMap(([file, text]) => importsOf(file, text).map((specifier) => `${file} → ${specifier}`))
      .filter(
        (edge) =>
          / → src\//.test(edge) &&
          !/ → src\/(?:index\.ts|package\.ts|unseen\.ts|(?:emulator|scan)\/index\.ts|cloud\/for-commands\.ts|cli\/)/.test(
            edge,
          ),
      )
    expect(inner).toEqual([])
  })

  test('the public entry of the cloud has the client, and reads and writes no files', () => {
    const reached = [...reachedFrom('src/cloud/index.ts')]
    expect(reached).toContain('src/cloud/client.ts')
    expect(
      reached.filter((file) => /^(?:node:fs|src\/(?:cli|discover|files\/(?!system-code)|read\/))/.test(file)),
    ).toEqual([])
  })

  test('a stage imports another stage only to find out what to read', () => {
    const stages = ['discover', 'read', 'merge', 'substitute', 'validate', 'expose']
    const stageOf = (file: string): string => /^src\/(\w+)/.exec(file)?.[1] ?? ''
    expect(stages.filter((stage) => ![...sources.keys()].some((file) => stageOf(file) === stage))).toEqual([])
    const edges = [...sources]
      .flatMap(([file, text]) => importsOf(file, text).map((specifier) => [stageOf(file), stageOf(specifier)] as const))
      .filter(([from, to]) => from !== to && stages.includes(from) && stages.includes(to))
      .map(([from, to]) => `${from} → ${to}`)
    expect([...new Set(edges)].sort()).toEqual(['discover → read', 'read → merge', 'read → substitute'])
  })

  test('the file system is accessed only in read/ and files/; the preload writes its message, the login opens a browser, a program gets pipes', () => {
    const files = filesImporting((specifier) => /^node:(?:fs|child_process)/.test(specifier))
    expect(files.filter((file) => !file.startsWith('src/files/')).sort()).toEqual([
      'src/cli/open-browser.ts',
      'src/cli/pipes.ts',
      'src/preload/process.ts',
      'src/read/guard.ts',
    ])
  })

  test('process is named only in option defaults, the preload and the entry of the command line', () => {
    const files = [...sources]
      .filter(([, text]) => /(?<![\w.'"`/-])process\.(?!getBuiltinModule\b)/.test(withoutComments(text)))
      .map(([file]) => file)
    expect(files.sort()).toEqual([
      'src/cli/input.ts',
      'src/cli/main.ts',
      'src/cloud/client.ts',
      'src/options/options.ts',
      'src/preload/process.ts',
      'src/preload/redact-process.ts',
    ])
  })

  test.each([
    ['yaml', ['src/read/yaml-full.ts', 'src/read/yaml-tokens.ts']],
    ['jsonc-parser', ['src/cloud/json-edit.ts', 'src/read/json.ts']],
    ['zod', ['src/schema/index.ts']],
    ['c12', ['src/options/config-file.ts']],
    ['jiti', ['src/options/config-file.ts']],
    ['defu', ['src/options/config-file.ts']],
    ['@clack/prompts', ['src/cli/input.ts']],
    ['undici', ['src/cloud/http.ts']],
    ['hono', ['src/emulator/app.ts']],
    ['cross-spawn', ['src/cli/start-program.ts']],
  ])('%s is imported only where expected', (name, places) => {
    expect(filesImporting((specifier) => specifier === name)).toEqual(places)
  })

  test.each([
    ['src/index.ts', ['jsonc-parser', 'yaml']],
    ['src/facade.ts', []],
    ['src/register.ts', []],
  ])('the start-up path of %s contains no code that is needed only on demand', (entry, packages) => {
    const reached = [...reachedFrom(entry)].filter((specifier) => !/^(?:src\/|node:)/.test(specifier))
    expect(reached.sort()).toEqual(packages)
    expect([...reachedFrom(entry)].filter((file) => /^src\/(?:cli|cloud|emulator|scan|watch)\//.test(file))).toEqual([])
  })

  test('a start by plan runs only a few files, none of which reads configuration', () => {
    expect([...reachedFrom('src/register.ts')].filter((file) => file.startsWith('src/')).sort()).toEqual([
      'src/environment/blocked-names.ts',
      'src/errors/problem-codes.ts',
      'src/facade.ts',
      'src/files/cache-file.ts',
      'src/files/signature.ts',
      'src/files/windows.ts',
      'src/on-demand.ts',
      'src/options/options.ts',
      'src/package.ts',
      'src/preload/entry.ts',
      'src/preload/flags.ts',
      'src/preload/marker.ts',
      'src/preload/plan.ts',
      'src/preload/preload.ts',
      'src/preload/process.ts',
      'src/register.ts',
      'src/schema/setting-name.ts',
      'src/types.ts',
    ])
  })

  test('only errors of our own are thrown, or what a parser catches itself', () => {
    const thrown = [...sources].flatMap(([file, text]) =>
      [
        ...withoutComments(text).matchAll(
          /throw (?!new (?:ConfigError|CliError|CloudError|FileError|Refusal|TypeError|Stopped)\b|configError\(|(?:error|failure|first)\b)[^\n]{0,60}/g,
        ),
      ].map(([line]) => `${file}: ${line}`),
    )
    expect(
      thrown.filter(
        (line) =>
          !/throw (?:await )?(?:badAnswer|cannotBeMasked|errorOf|holdsItself|invalid|invalidName|locked|noDirectory|noFile|noProject|notASegment|notLoggedIn|startError|redirected|uncertain|unknownCommand|unreadable|unusable|unwritable|usageError|withTrail)\(/.test(
            line,
          ),
      ),
    ).toEqual([])
  })
})

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1')
}
