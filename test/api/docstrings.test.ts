import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { PROFILE_FIELDS } from '../../src/schema/profile-fields.ts'
import { HOSTS } from '../bundlers/hosts.ts'

const ENTRIES = [
  'src/index.ts',
  ...['scan', 'cloud', 'emulator', 'schema'].map((name) => `src/${name}/index.ts`),
  ...HOSTS.map((host) => `integrations/${host}.ts`),
]

const program = ts.createProgram(ENTRIES.map(pathOf), {
  module: ts.ModuleKind.NodeNext,
  target: ts.ScriptTarget.ES2022,
  allowImportingTsExtensions: true,
  noEmit: true,
  strict: true,
})
const checker = program.getTypeChecker()

/** What an entry exports, under the names that its users write. */
function exportsOf(entry: string): readonly { readonly name: string; readonly symbol: ts.Symbol }[] {
  const source = program.getSourceFile(pathOf(entry))
  const module = source && checker.getSymbolAtLocation(source)
  return (module ? checker.getExportsOfModule(module) : []).map((symbol) => ({
    name: symbol.name,
    symbol: symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol,
  }))
}

test.each(ENTRIES)('every export of %s has a documentation comment', (entry) => {
  const exported = exportsOf(entry)
  expect(exported).not.toEqual([])
  const undocumented = exported.filter(({ symbol }) => symbol.getDocumentationComment(checker).length === 0)
  expect(undocumented.map(({ name }) => name)).toEqual([])
})

test.each(HOSTS)('the documentation comment of the plugin for %s has an example', (host) => {
  const plugin = exportsOf(`integrations/${host}.ts`).find(({ name }) => name === 'default')
  const example = plugin?.symbol.getJsDocTags(checker).find(({ name }) => name === 'example')
  expect(ts.displayPartsToString(example?.text)).toContain(`from '@systemprompt/env/${host}'`)
})

const WITH_DEFAULT = PROFILE_FIELDS.filter((field) => field.default !== undefined)

test.each(WITH_DEFAULT)('the documentation comment of $path has its default', ({ path, default: value }) => {
  const profile = exportsOf('src/index.ts').find(({ name }) => name === 'ProfileConfig')
  let type = profile && checker.getDeclaredTypeOfSymbol(profile.symbol)
  let property: ts.Symbol | undefined
  for (const key of path.split('.')) {
    property = type && checker.getPropertyOfType(checker.getNonNullableType(type), key)
    type = property && checker.getTypeOfSymbol(property)
  }
  const tag = property?.getJsDocTags(checker).find(({ name }) => name === 'default')
  expect(ts.displayPartsToString(tag?.text)).toBe(JSON.stringify(value).replaceAll('"', "'"))
})

function pathOf(entry: string): string {
  return fileURLToPath(new URL(`../../${entry}`, import.meta.url))
}
