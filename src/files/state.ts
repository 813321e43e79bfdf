import { join } from 'node:path'
import { pathExists } from '../read/guard.ts'
import { updateFile } from './update.ts'

/** Creates a project's `.systemprompt` directory, with a .gitignore that keeps everything in it out of git. */
export async function prepareState(state: string): Promise<void> {
  const ignore = join(state, '.gitignore')
  if (!pathExists(ignore)) await updateFile(ignore, (text) => text ?? '*\n')
}
