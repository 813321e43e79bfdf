import { readFile, writeFile } from 'node:fs/promises'
import { Session } from 'node:inspector/promises'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

/** The beginning of a function declaration, with its name. */
const DECLARATION = /^(?:async\s+)?function\s*\*?\s*([\w$]+)/

/**
 * Rewrites a CommonJS module so that V8 compiles what a run of it calls at once, together with the file. V8 would
 * first skim every function to find its end, and compile it from the beginning when it is called; a function in
 * parentheses it takes for one that is called at once. So the declarations that were called move to the front as
 * `var name=(function name(){…})`, which any order of them allows: they are functions only.
 *
 * Without a run every declaration is taken for one that is called: for a file that is there for one purpose.
 *
 * V8 counts for a process as a whole: whoever else takes the coverage of this one gets less of it from then on.
 */
export async function compileAtOnce<Module>(file: string, run?: (module: Module) => void): Promise<void> {
  const text = await readFile(file, 'utf8')
  const functions = await callsOf(file, run)
  const called = functions.filter(({ isCalled, start, end }) => isCalled && DECLARATION.test(text.slice(start, end)))
  const outermost = called.filter(
    ({ start }) => !functions.some((other) => other.start > 0 && other.start < start && start < other.end),
  )
  const moved = outermost.map(({ start, end }) => {
    const declaration = text.slice(start, end)
    return `var ${DECLARATION.exec(declaration)?.[1]}=(${declaration});`
  })
  let rest = ''
  let from = 0
  for (const { start, end } of outermost) {
    rest += text.slice(from, start)
    from = end
  }
  rest += text.slice(from)
  const directive = '"use strict";'
  if (moved.length === 0 || !rest.startsWith(directive)) throw new Error(`${file} is not what compileAtOnce expects`)
  await writeFile(file, `${directive}${moved.join('\n')}\n${rest.slice(directive.length)}`)
}

interface Called {
  readonly start: number
  readonly end: number
  readonly isCalled: boolean
}

/** The functions of a module in the order of the text, and whether a run of it calls them. */
async function callsOf<Module>(file: string, run?: (module: Module) => void): Promise<readonly Called[]> {
  const require = createRequire(file)
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })
  delete require.cache[file]
  const module = require(file) as Module
  run?.(module)
  const { result } = await session.post('Profiler.takePreciseCoverage')
  session.disconnect()
  const script = result.findLast(({ url }) => url === file || url === pathToFileURL(file).href)
  const functions = script?.functions.flatMap(({ ranges: [range] }) => (range ? [range] : [])) ?? []
  return functions
    .map(({ startOffset, endOffset, count }) => ({
      start: startOffset,
      end: endOffset,
      isCalled: run === undefined || count > 0,
    }))
    .sort((one, other) => one.start - other.start)
}
