import type { SettledOptions } from '../options/options.ts'
import { envNamesOf } from '../schema/secret-names.ts'
import type { Candidate } from '../substitute/variables.ts'
import type { DotenvFiles } from './dotenv.ts'
import type { EnvironmentReader } from './environment.ts'
import type { SecretsFile } from './secrets.ts'

/** Where variables are defined, and which of them are secrets. */
interface Definitions {
  readonly environment: EnvironmentReader
  readonly dotenvFiles: DotenvFiles
  readonly secretsFile: SecretsFile
  readonly isSecret: (name: string) => boolean
  /** The one name of a secret in the environment. */
  readonly canonical: (name: string) => string
}

/** All definitions of a variable, by whichever name it is asked for, highest precedence first. */
export function candidatesIn(
  { environment, dotenvFiles, secretsFile, isSecret, canonical }: Definitions,
  { dotenv }: SettledOptions,
): (name: string) => readonly Candidate[] {
  const inOrder = (fromProcess: readonly Candidate[], fromFiles: readonly Candidate[]): readonly Candidate[] =>
    dotenv.override ? [...fromFiles, ...fromProcess] : [...fromProcess, ...fromFiles]

  return (asked) => {
    if (!isSecret(asked)) {
      return inOrder(environment.candidates(asked), definitionsIn(dotenvFiles, envNamesOf(asked)))
    }
    const name = canonical(asked)
    // Another spelling of a secret, as `github`, is a variable of its own where there is one.
    const isOtherSpelling = !envNamesOf(name).includes(asked)
    const own = isOtherSpelling ? inOrder(environment.variable(asked), dotenvFiles.variables.get(asked) ?? []) : []
    const fromFiles = definitionsIn(dotenvFiles, envNamesOf(name)).filter(({ value }) => value.trim() !== '')
    const secret = secretsFile.secrets.get(name)
    const fromSecrets = secret ? [{ value: secret.value, site: secret.site, expands: false }] : []
    return [...own, ...inOrder(environment.candidates(name), fromFiles), ...fromSecrets]
  }
}

/** Under any of these names, file by file; in one file the first name counts. */
function definitionsIn({ files, variables }: DotenvFiles, names: readonly string[]): readonly Candidate[] {
  const rank = ({ site }: Candidate): number => files.indexOf(site.source.file ?? '')
  return names.flatMap((name) => variables.get(name) ?? []).sort((one, other) => rank(one) - rank(other))
}
