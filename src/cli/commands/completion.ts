import { FLAGS } from '../args.ts'
import { defineCommand } from '../command.ts'
import { completionScript } from '../completion/scripts.ts'
import { SHELLS } from '../completion/typed-words.ts'
import { EXIT, usageError } from '../io.ts'

export const completion = defineCommand({
  examples: [
    ['echo \'eval "$(systemprompt completion bash)"\' >> ~/.bashrc', 'bash'],
    ['systemprompt completion zsh > ~/.zfunc/_systemprompt', 'zsh, with ~/.zfunc in fpath before compinit'],
    ['systemprompt completion fish > ~/.config/fish/completions/systemprompt.fish', 'fish'],
  ],
  output: 'The completion script.',
  args: {
    shell: { type: 'positional', options: SHELLS, description: 'bash, zsh or fish' },
    help: FLAGS.help,
  },
  async run({ args, io }) {
    const shell = SHELLS.find((known) => known === args.shell)
    if (!shell) throw usageError('SHELL must be bash, zsh or fish.')
    io.out(completionScript(shell))
    return EXIT.ok
  },
})
