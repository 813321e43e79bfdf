import type { Args } from './args.ts'
import { CliError, EXIT, type Io } from './io.ts'

/** Asks for confirmation unless `-y` is given; without an interactive terminal, nothing is done. */
export async function mustAgree(args: Args, io: Io, question: string): Promise<void> {
  if (args.yes === true) return
  if (!io.isInteractive) {
    throw new CliError(
      'CONFIRMATION',
      EXIT.usage,
      'This is not an interactive terminal, so nothing was done. Add -y to confirm.',
    )
  }
  if (!(await io.confirm(question))) throw new CliError('REFUSED', EXIT.refused, 'Nothing was done.')
}

/**
 * Secrets are printed only with consent: an answer on a terminal, elsewhere -y.
 *
 * @param what the question names: `DATABASE_URL`, `the secrets of profile local`
 * @throws CliError REFUSED
 */
export async function confirmPrint(args: Args, io: Io, what: string): Promise<void> {
  if (args.yes === true) return
  if (!io.isInteractive) {
    const message =
      'This prints secrets, and there is no interactive terminal to ask for confirmation. Add -y to print them.'
    throw new CliError('REFUSED', EXIT.refused, message)
  }
  if (!(await io.confirm(`Print ${what}?`))) throw new CliError('REFUSED', EXIT.refused, 'Nothing was printed.')
}

/** The name of a profile's secrets, for {@link confirmPrint}. */
export function secretsOf(profile: { readonly name: string } | undefined): string {
  return `the secrets${profile ? ` of profile ${profile.name}` : ''}`
}
