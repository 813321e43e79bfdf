import { readFile, writeFile } from 'node:fs/promises'
import { parseSync } from 'oxc-parser'

const DIRECTIVE = '"use strict";'

/**
 * Rewrites a CommonJS module so that V8 compiles its functions together with the file, for a module of which a run
 * calls nearly all. Otherwise V8 would first skim every function to find its end, and compile it from the start when it
 * is called; a function in parentheses it compiles at once. So the declarations move to the front as `var
 * name=(function name(){…})`, which is safe in any order, since they are only functions.
 */
export async function compileAtOnce(file: string): Promise<void> {
  const text = await readFile(file, 'utf8')
  const declarations = parseSync(file, text).program.body.filter(({ type }) => type === 'FunctionDeclaration')
  const moved: string[] = []
  let rest = ''
  let from = 0
  for (const { start, end, ...declaration } of declarations) {
    const name = 'id' in declaration && declaration.id && 'name' in declaration.id ? declaration.id.name : ''
    moved.push(`var ${name}=(${text.slice(start, end)});`)
    rest += text.slice(from, start)
    from = end
  }
  rest += text.slice(from)
  if (moved.length === 0 || !rest.startsWith(DIRECTIVE)) throw new Error(`${file} is not what compileAtOnce expects`)
  await writeFile(file, `${DIRECTIVE}${moved.join('\n')}\n${rest.slice(DIRECTIVE.length)}`)
}
