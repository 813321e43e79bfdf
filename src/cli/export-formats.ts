import { jsonText } from './output.ts'

/** Variables by their environment names. */
export type Variables = Readonly<Record<string, string>>

/** A format in which another program can read variables. */
export interface ExportFormat {
  /** Whether a shell reads it into its current environment. */
  readonly isOfShell?: boolean
  /** @param unset names of variables that a shell must unset */
  readonly write: (variables: Variables, unset: readonly string[]) => string
  /** Why a variable cannot be written in this format; undefined if it can. */
  readonly objection: (name: string, value: string) => string | undefined
}

const SHELL_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/
/**
 * Variables that bash evaluates as arithmetic, or that zsh uses as a prompt or a program: assigning to one can run code
 * in its value. Most of these names mean nothing to other programs, but some, such as `PROMPT`, may be a program's own
 * variable.
 */
const RUN_BY_SHELLS =
  /^(?:[RS]?PROMPT\d?|PROMPT_EOL_MARK|R?PS\d|S?RANDOM|OPTIND|HISTCMD|MAILCHECK|(?:READ)?NULLCMD|MODULE_PATH)$/i
/** Names that are valid in .env files. */
const FILE_NAME = /^[A-Za-z_][A-Za-z0-9_.-]*$/
/** Text that every shell and every reader of .env files takes as one word. */
const PLAIN = /^[A-Za-z0-9_@%+:,./-]+$/

/** Formats by the names that `--format` accepts; the first is the default. */
export const EXPORT_FORMATS = {
  shell: {
    isOfShell: true,
    write: linesOf(
      (name, value) => `export ${name}='${value.replaceAll("'", "'\\''")}'`,
      (name) => `unset ${name}`,
    ),
    objection: (name) =>
      RUN_BY_SHELLS.test(name) ? 'has a special meaning in shells, which may run its value' : noShellName(name),
  },
  fish: {
    isOfShell: true,
    write: linesOf(
      (name, value) => `set -gx ${name} '${value.replace(/[\\']/g, '\\$&')}'`,
      (name) => `set -e ${name}`,
    ),
    objection: noShellName,
  },
  dotenv: {
    write: linesOf((name, value) => `${name}=${quotedForFile(value)}`),
    objection(name, value) {
      if (!FILE_NAME.test(name)) return 'is not a valid name in a .env file'
      if (quotedForFile(value) !== undefined) return undefined
      return value.includes('\r')
        ? 'contains a carriage return, as in Windows line endings, which readers of .env files change'
        : 'contains quotes or a backslash that readers of .env files interpret differently'
    },
  },
  docker: {
    write: linesOf((name, value) => `${name}=${value}`),
    objection(name, value) {
      if (/[\s=#]/.test(name)) return 'is not a valid name in a file for --env-file'
      return /[\r\n]/.test(value)
        ? 'has several lines, and a file for --env-file holds one line per variable'
        : undefined
    },
  },
  json: {
    write: jsonText,
    objection: () => undefined,
  },
} as const satisfies Readonly<Record<string, ExportFormat>>

function linesOf(
  assignment: (name: string, value: string) => string,
  removal?: (name: string) => string,
): ExportFormat['write'] {
  return (variables, unset) => {
    const assignments = Object.entries(variables).map(([name, value]) => assignment(name, value))
    // These names come from the environment, where anything is possible: `x;rm -rf ~` is not a shell variable.
    const lines = removal
      ? [...assignments, ...unset.filter((name) => SHELL_NAME.test(name)).map(removal)]
      : assignments
    return lines.map((line) => `${line}\n`).join('')
  }
}

function noShellName(name: string): string | undefined {
  return SHELL_NAME.test(name) ? undefined : 'is not a valid name in a shell'
}

/**
 * Quotes a value so that dotenv, Node, Docker Compose, shells and this library all read it the same: in single quotes
 * nothing is expanded or escaped, and double quotes are used only if there is nothing to expand.
 */
function quotedForFile(value: string): string | undefined {
  if (value === '' || PLAIN.test(value)) return value
  if (!/['\r]|\\$/.test(value)) return `'${value}'`
  return /["\\$`\r\n]/.test(value) ? undefined : `"${value}"`
}
