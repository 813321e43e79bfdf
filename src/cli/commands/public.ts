import { defineCommand } from 'citty'
import { loadConfig } from '../../index.ts'
import { EXIT, type Io } from '../io.ts'
import { LOAD_ARGS, loadOptions } from '../options.ts'
import { printJson, printWarnings } from '../output.ts'

/** Prints the public values as JSON, for `public/env.json` of a build that is made once and deployed to many. */
export const publicCommand = defineCommand({
  args: LOAD_ARGS,
  async run({ args, data }) {
    const io = data as Io
    const resolved = await loadConfig(loadOptions(args, io))
    printJson(io, resolved.publicValues())
    printWarnings(io, resolved.warnings)
    return EXIT.ok
  },
})
