import { checkConfig } from '../../../index.ts'
import { LOAD_ARGS } from '../../args.ts'
import { messageAsTyped } from '../../as-typed.ts'
import { defineCommand } from '../../command.ts'
import { EXIT, exitCodeOf, type Io } from '../../io.ts'
import { loadOptions } from '../../options.ts'
import { count, printJson, styled } from '../../output.ts'
import { LOAD_EXITS, PROBLEM } from '../../shapes.ts'
import { printWarnings } from '../../warnings.ts'

export const check = defineCommand({
  examples: [
    ['systemprompt config check', 'Before a deployment'],
    ['systemprompt config check --profile production --strict', 'Treat warnings as errors'],
  ],
  output: 'One line if everything is valid, otherwise every problem with its location. Warnings go to standard error.',
  json: { ok: 'boolean', profile: 'string|null', issues: [PROBLEM], warnings: [PROBLEM] },
  exits: LOAD_EXITS,
  args: {
    ...LOAD_ARGS,
    strict: { type: 'boolean', description: 'Treat warnings as errors' },
  },
  async run({ args, io }) {
    const checked = await checkConfig(loadOptions(args, io))
    const ok = checked.ok && !(args.strict && checked.warnings.length > 0)
    const { issues, warnings, result, error } = checked
    const code = ok ? EXIT.ok : error ? exitCodeOf(error) : EXIT.validation
    if (args.json) {
      printJson(io, { ok, profile: checked.profile ?? null, issues, warnings })
      return code
    }
    if (error) io.err(`${messageAsTyped(error)}\n`)
    else if (result) io.out(`${summary(io, ok ? 'valid' : 'doubtful', result)}\n`)
    printWarnings(io, warnings)
    return code
  },
})

function summary(
  io: Io,
  outcome: 'valid' | 'doubtful',
  { profile, secrets, layers }: NonNullable<Awaited<ReturnType<typeof checkConfig>>['result']>,
): string {
  const ok = outcome === 'valid'
  const mark = ok ? styled(io, 'green', '✔') : styled(io, 'red', '✖')
  const what = profile ? `Profile ${profile.name}` : 'No profile: .env files and the environment'
  const files = layers.flatMap((layer) => layer.files ?? [])
  const verdict = ok ? 'is valid' : 'has warnings, which --strict treats as errors'
  const counts = `${count(files.length, 'file')}, ${count(secrets.size, 'secret')}`
  return `${mark} ${what} ${profile ? verdict : ok ? 'are valid' : 'have warnings, which --strict treats as errors'} (${counts})`
}
