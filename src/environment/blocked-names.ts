/** Names, prefixes and a suffix of variables that are never set from a file (trust.md). */
const NAMES = new Set([
  'NODE_OPTIONS',
  'NODE_PATH',
  'NODE_EXTRA_CA_CERTS',
  'NODE_TLS_REJECT_UNAUTHORIZED',
  'NODE_REPL_EXTERNAL_MODULE',
  // Node runs cached code from this directory in place of the program, as long as its checksums match.
  'NODE_COMPILE_CACHE',
  'BUN_OPTIONS',
  'OPENSSL_CONF',
  'BASH_ENV',
  'ZDOTDIR',
  'GCONV_PATH',
  'ENV',
  'PROMPT_COMMAND',
  // Shells run code from prompts, mail messages, key bindings and function files; fish adds to PATH.
  'PS0',
  'PS1',
  'PS2',
  'PS4',
  'MAILPATH',
  'INPUTRC',
  'FPATH',
  'FISH_USER_PATHS',
  'FISH_FUNCTION_PATH',
  'FISH_COMPLETE_PATH',
  'PATH',
  'HOME',
  'XDG_CONFIG_HOME',
  // fish runs the files in fish/vendor_conf.d of these.
  'XDG_DATA_HOME',
  'XDG_DATA_DIRS',
  'SHELL',
  'IFS',
  'PERLLIB',
  'RUBYOPT',
  'RUBYLIB',
  'JAVA_TOOL_OPTIONS',
  'JDK_JAVA_OPTIONS',
  '_JAVA_OPTIONS',
  'CLASSPATH',
  'DOTNET_STARTUP_HOOKS',
  'ELECTRON_RUN_AS_NODE',
  'BROWSER',
  'EDITOR',
  'VISUAL',
  // git, man and less run these; less runs what follows +! in its options.
  'LESS',
  'PAGER',
  'MANPAGER',
  'LESSOPEN',
  'SSH_ASKPASS',
  // A committed .env file must not send a token elsewhere.
  'SYSTEMPROMPT_API_URL',
  'SYSTEMPROMPT_API_TOKEN',
  'SYSTEMPROMPT_PROFILE',
  'SYSTEMPROMPT_USER_EMAIL',
  // Nor use other files as secrets: when a program loads the configuration, these are read from the environment only.
  'SYSTEMPROMPT_SECRETS_DIR',
  // These tell a preload, or the next run, which variables it may set again or remove.
  'SYSTEMPROMPT_INJECTED',
  'SYSTEMPROMPT_EXPORTED',
])

const BEGINNINGS = ['SSL_CERT_', 'LD_', 'DYLD_', 'PYTHON', 'PERL5', 'GIT_', 'NPM_CONFIG_']
const ENDING = '_PROXY'

/** Whether files may not set this name, in any case, since its value could run or redirect code. */
export function isBlockedName(name: string): boolean {
  const upper = name.toUpperCase()
  return NAMES.has(upper) || upper.endsWith(ENDING) || BEGINNINGS.some((beginning) => upper.startsWith(beginning))
}
