import type { SettledOptions } from '../options/options.ts'
import { envNamesOf } from '../schema/secret-names.ts'
import type { Candidate } from '../substitute/variables.ts'
import { type DotenvFiles, inPrecedence } from './dotenv.ts'
import type { EnvironmentReader } from './environment.ts'
import type { SecretsFile } from './secrets.ts'

/** Where variables are defined, and which of them are secrets. */
interface Definitions {
  readonly environment: EnvironmentReader
  readonly dotenvFiles: DotenvFiles
  readonly secretsFile: SecretsFile
  readonly isSecret: (name: string) => boolean
  /** The canonical name of a secret in the environment. */
  readonly canonical: (name: string) => string
}

/** All definitions of a variable, by any of its names, highest precedence first. */
export function candidatesIn(
  { environment, dotenvFiles, secretsFile, isSecret, canonical }: Definitions,
  { dotenv }: SettledOptions,
): (name: string) => readonly Candidate[] {
  return (requested) => {
    if (!isSecret(requested)) {
      const fromFiles = definitionsIn(dotenvFiles, envNamesOf(requested))
      return inPrecedence(dotenv, { fromProcess: environment.candidates(requested), fromFiles })
    }
    const name = canonical(requested)
    // Another spelling of a secret, such as `github`, is a separate variable if one is set under that name.
    const isOtherSpelling = !envNamesOf(name).includes(requested)
    const own = isOtherSpelling
      ? inPrecedence(dotenv, {
          fromProcess: environment.variable(requested),
          fromFiles: dotenvFiles.variables.get(requested) ?? [],
        })
      : []
    const fromFiles = definitionsIn(dotenvFiles, envNamesOf(name)).filter(({ value }) => value.trim() !== '')
    const secret = secretsFile.secrets.get(name)
    const fromSecrets = secret ? [{ value: secret.value, site: secret.site, expands: false }] : []
    return [...own, ...inPrecedence(dotenv, { fromProcess: environment.candidates(name), fromFiles }), ...fromSecrets]
  }
}

/** The definitions under any of these names, file by file; within a file, the first name comes first. */
function definitionsIn({ files, variables }: DotenvFiles, names: readonly string[]): readonly Candidate[] {
  const rank = ({ site }: Candidate): number => files.indexOf(site.source.file ?? '')
  return names.flatMap((name) => variables.get(name) ?? []).sort((one, other) => rank(one) - rank(other))
}
