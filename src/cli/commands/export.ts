import { loadConfig } from '../../index.ts'
import { FLAGS, LOAD_ARGS } from '../args.ts'
import { defineCommand } from '../command.ts'
import { confirmPrint, secretsOf } from '../confirm.ts'
import { EXPORT_FORMATS, type ExportFormat, type Variables } from '../export-formats.ts'
import { changeFor, variablesOf, withoutExported } from '../exported.ts'
import { CliError, EXIT, usageError } from '../io.ts'
import { loadOptions } from '../options.ts'
import { printValues } from '../output.ts'
import { LOAD_EXITS } from '../shapes.ts'
import { printWarningsIfWanted } from '../warnings.ts'

const FORMATS = Object.keys(EXPORT_FORMATS)

/** Prints the variables that `systemprompt run` sets for a program, for what it cannot start. */
export const exportCommand = defineCommand({
  examples: [
    ['eval "$(systemprompt export -y)"', 'Set them in this shell, or in an .envrc for direnv'],
    ['docker run --env-file <(systemprompt export --format docker -y) app', 'Pass them to a container'],
  ],
  output: 'The secrets and variables of the profile, in the chosen format.',
  json: { '[name: string]': 'string' },
  exits: [...LOAD_EXITS, 'refused'],
  args: {
    ...LOAD_ARGS,
    format: { type: 'string', valueHint: FORMATS.join('|'), description: 'The output format [default: shell]' },
    yes: FLAGS.yes,
  },
  async run({ args, io }) {
    const format = formatOf(args.json === true ? 'json' : args.format)
    const result = await loadConfig({ ...loadOptions(args, io), env: withoutExported(io.env) })
    const variables = variablesOf(result)
    refuseUnwritable(variables, format)
    await confirmPrint(args, io, secretsOf(result.profile))
    const isNamed = args.profile !== undefined
    const { set, unset } = format.isOfShell ? changeFor(result, io.env, { isNamed }) : { set: variables, unset: [] }
    printValues(io, format.write(set, unset))
    printWarningsIfWanted(io, result.warnings)
    return EXIT.ok
  },
})

function formatOf(name: unknown = FORMATS[0]): ExportFormat {
  const known: Readonly<Record<string, ExportFormat>> = EXPORT_FORMATS
  const format = Object.hasOwn(known, String(name)) ? known[String(name)] : undefined
  if (!format) throw usageError(`--format must be one of ${FORMATS.join(', ')}.`)
  return format
}

/** An export that lacks some variables would look complete. */
function refuseUnwritable(variables: Variables, { objection }: ExportFormat): void {
  const objections = Object.entries(variables).flatMap(([name, value]) => {
    const why = objection(name, value)
    return why === undefined ? [] : [`  ${name}  ${why}`]
  })
  if (objections.length === 0) return
  const message = `Nothing was printed. Try another --format, such as json:\n\n${objections.join('\n')}`
  throw new CliError('NOT_REPRESENTABLE', EXIT.validation, message)
}
