import type { Shell } from './typed-words.ts'

/*
 * We do not use a package for this. The available one, @bomb.sh/tab, passes the typed line to `eval`, with any secret
 * in it, and needs bash-completion.
 */

/** bash 3.2 and newer. It replaces only what follows the last word break. */
const BASH = `# systemprompt completion for bash
_systemprompt() {
  local kind prefix word rest
  COMPREPLY=()
  {
    IFS=$'\\t' read -r kind prefix
    while IFS=$'\\t' read -r word rest; do COMPREPLY+=("$word"); done
  } < <(printf '%s\\0' "\${COMP_WORDS[@]:1:COMP_CWORD}" | command systemprompt __complete bash 2>/dev/null)
  case $kind in
    files)
      [[ -z $prefix ]] && return
      compopt -o filenames 2>/dev/null
      rest=\${2##*@}
      while IFS= read -r word; do COMPREPLY+=("\${2%"$rest"}$word"); done < <(compgen -f -- "$rest")
      ;;
    directories) compopt +o default -o dirnames 2>/dev/null ;;
    programs) while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -c -- "\${COMP_WORDS[COMP_CWORD]}") ;;
    *) compopt +o default 2>/dev/null ;;
  esac
}
complete -o default -F _systemprompt systemprompt systemprompt-env
`

const ZSH = `#compdef systemprompt systemprompt-env
# systemprompt completion for zsh
_systemprompt() {
  local line kind prefix
  local -a answer described
  answer=("\${(@f)$(printf '%s\\0' "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" | command systemprompt __complete zsh 2>/dev/null)}")
  kind=\${answer[1]%%$'\\t'*}
  prefix=\${answer[1]#*$'\\t'}
  case $kind in
    files) compset -p \${#prefix}; _files ;;
    directories) compset -p \${#prefix}; _files -/ ;;
    programs) _command_names -e ;;
    words)
      for line in "\${(@)answer[2,-1]}"; do described+=("\${line%%$'\\t'*}:\${line#*$'\\t'}"); done
      (( $#described )) && _describe 'systemprompt' described
      ;;
  esac
}
if [[ $funcstack[1] == _systemprompt ]]; then _systemprompt; else compdef _systemprompt systemprompt systemprompt-env; fi
`

const FISH = `# systemprompt completion for fish
function __systemprompt_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l answer (printf '%s\\0' $words[2..-1] "$current" | command systemprompt __complete fish 2>/dev/null)
    set -q answer[1]; or return
    set -l head (string split \\t -- $answer[1])
    set -l rest (string sub -s (math 1 + (string length -- "$head[2]")) -- "$current")
    switch $head[1]
        case words
            set -q answer[2]; and printf '%s\\n' $answer[2..-1]
        case files
            for path in (__fish_complete_path "$rest")
                echo "$head[2]$path"
            end
        case directories
            for path in (__fish_complete_directories "$rest")
                echo "$head[2]$path"
            end
        case programs
            complete -C "$current"
    end
end
complete -c systemprompt -f -a '(__systemprompt_complete)'
complete -c systemprompt-env -f -a '(__systemprompt_complete)'
`

const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH }

/** The script with which a shell completes our command lines. */
export function completionScript(shell: Shell): string {
  return SCRIPTS[shell]
}
