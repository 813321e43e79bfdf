import { type Explanation, loadConfig } from '../../../index.ts'
import { LOAD_ARGS } from '../../args.ts'
import { defineCommand } from '../../command.ts'
import { CliError, EXIT, type Io } from '../../io.ts'
import { loadOptions } from '../../options.ts'
import { placeOf, printJson, shown, styled, table } from '../../output.ts'
import { LOAD_EXITS, ORIGIN } from '../../shapes.ts'
import { namesMeant, normalized } from './leaf-paths.ts'

export const explain = defineCommand({
  examples: [
    ['systemprompt config explain server.port', 'Which file and line a port comes from'],
    ['systemprompt config explain DATABASE_URL', 'Where a secret comes from, without its value'],
  ],
  output: 'The value and a table of every source that sets it. The arrow marks the one that takes precedence.',
  json: {
    path: 'string',
    explanations: [
      {
        value: 'any',
        origin: ORIGIN,
        'overridden?': 'boolean',
        'secret?': 'boolean',
        'coerced?': { from: 'string', to: 'string' },
        'references?': [{ name: 'string', 'origin?': ORIGIN }],
        'through?': 'string[]',
      },
    ],
  },
  exits: LOAD_EXITS,
  args: {
    path: {
      type: 'positional',
      completes: 'key',
      description: 'A key (server.port), a secret or a variable (DATABASE_URL)',
    },
    ...LOAD_ARGS,
  },
  async run({ args, io }) {
    const result = await loadConfig(loadOptions(args, io))
    const path = normalized(String(args.path))
    const explanations = result.explain(path)
    const [effective] = explanations
    if (!effective) {
      const meant = namesMeant(path, result)
      const hint =
        meant.length === 0 ? "'systemprompt config show' lists what there is." : `Did you mean ${meant.join(' or ')}?`
      throw new CliError('NOT_FOUND', EXIT.notFound, `Nothing sets that key. ${hint}`)
    }
    if (args.json) printJson(io, { path, explanations })
    else io.out(`${render(io, path, effective, explanations)}\n`)
    return EXIT.ok
  },
})

function render(io: Io, path: string, effective: Explanation, explanations: readonly Explanation[]): string {
  const head = `${styled(io, 'bold', shown(path))} = ${styled(io, 'cyan', shown(effective.value))}`
  const rows = explanations.map((explanation) => [
    explanation.overridden ? '' : '→',
    shown(explanation.value),
    explanation.origin.layer,
    placeOf(explanation.origin),
  ])
  const notes = [
    effective.secret &&
      `Secret: masked wherever it is shown${effective.through ? `; it comes from ${effective.through.join(' → ')}` : ''}.`,
    effective.references && `Refers to ${effective.references.map(tracedTo).join(', ')}.`,
    effective.coerced && `Converted from ${effective.coerced.from} to ${effective.coerced.to}.`,
  ].filter((note) => typeof note === 'string')
  return [head, '', table(io, ['', 'value', 'layer', 'from'], rows), ...(notes.length > 0 ? ['', ...notes] : [])].join(
    '\n',
  )
}

function tracedTo({ name, origin }: NonNullable<Explanation['references']>[number]): string {
  if (!origin) return `${name} (not set)`
  const place = placeOf(origin)
  return place === name ? `${name} (${origin.layer})` : `${name} (${origin.layer}, ${place})`
}
