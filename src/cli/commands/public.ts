import { loadConfig } from '../../index.ts'
import { LOAD_ARGS } from '../args.ts'
import { defineCommand } from '../command.ts'
import { EXIT } from '../io.ts'
import { loadOptionsOfBuild } from '../options.ts'
import { printJson } from '../output.ts'
import { LOAD_EXITS } from '../shapes.ts'
import { printWarnings } from '../warnings.ts'

/** Prints the public values as JSON, for `public/env.json` of a build that is made once and deployed to many places. */
export const publicCommand = defineCommand({
  examples: [['systemprompt public > public/env.json', 'Write the file that a deployed build reads at run time']],
  output: 'One JSON document, with or without --json: the public values by name.',
  json: { '[name: string]': 'any' },
  exits: LOAD_EXITS,
  args: LOAD_ARGS,
  async run({ args, io }) {
    const resolved = await loadConfig(loadOptionsOfBuild(args, io))
    printJson(io, resolved.publicValues())
    printWarnings(io, resolved.warnings)
    return EXIT.ok
  },
})
