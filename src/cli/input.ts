import { CliError, EXIT } from './io.ts'

/** Asks on the terminal. The prompt library is loaded only when there is something to ask. */
export async function confirm(question: string): Promise<boolean> {
  const prompts = await import('@clack/prompts')
  const answer = await prompts.confirm({ message: question, initialValue: false, output: process.stderr })
  if (prompts.isCancel(answer)) throw new CliError('INTERRUPTED', EXIT.interrupted, 'Nothing was done.')
  return answer
}
