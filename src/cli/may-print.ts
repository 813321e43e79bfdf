import type { Args } from './args.ts'
import { CliError, EXIT, type Io } from './io.ts'

/**
 * Secrets are printed for who said so: on a terminal by answering, elsewhere by -y.
 *
 * @param what is asked about: `DATABASE_URL`, `the secrets of profile local`
 * @throws CliError REFUSED
 */
export async function mayPrint(args: Args, io: Io, what: string): Promise<void> {
  if (args.yes === true) return
  if (!io.isInteractive) {
    const message = 'This prints secrets, and there is no terminal to ask in. Add -y to print them.'
    throw new CliError('REFUSED', EXIT.refused, message)
  }
  if (!(await io.confirm(`Print ${what}?`))) throw new CliError('REFUSED', EXIT.refused, 'Nothing was printed.')
}

/** What there is to print of a profile, for {@link mayPrint}. */
export function secretsOf(profile: { readonly name: string } | undefined): string {
  return `the secrets${profile ? ` of profile ${profile.name}` : ''}`
}
