/** Names, beginnings of names, and an ending that a value from a file is never given (trust.md). */
const NAMES = new Set([
  'NODE_OPTIONS',
  'NODE_PATH',
  'NODE_EXTRA_CA_CERTS',
  'NODE_TLS_REJECT_UNAUTHORIZED',
  'NODE_REPL_EXTERNAL_MODULE',
  // Node runs what stands in this directory in place of the program, as long as the sums in it fit.
  'NODE_COMPILE_CACHE',
  'BUN_OPTIONS',
  'OPENSSL_CONF',
  'BASH_ENV',
  'ZDOTDIR',
  'GCONV_PATH',
  'ENV',
  'PROMPT_COMMAND',
  // Shells run what stands in a prompt, in a message of new mail, in bindings of keys, and in files of functions; fish adds to PATH.
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
  // fish runs what stands in fish/vendor_conf.d of these.
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
  // git, man and less start these; less runs what follows +! in its options.
  'LESS',
  'PAGER',
  'MANPAGER',
  'LESSOPEN',
  'SSH_ASKPASS',
  // A checked-in .env must not send a token elsewhere.
  'SYSTEMPROMPT_API_URL',
  'SYSTEMPROMPT_API_TOKEN',
  'SYSTEMPROMPT_PROFILE',
  'SYSTEMPROMPT_USER_EMAIL',
  // Nor take other files for secrets: where a program loads the configuration, these are of the environment alone.
  'SYSTEMPROMPT_SECRETS_DIR',
  // They say which variables a preload, or the next run, may set again or take away.
  'SYSTEMPROMPT_INJECTED',
  'SYSTEMPROMPT_EXPORTED',
])

const BEGINNINGS = ['SSL_CERT_', 'LD_', 'DYLD_', 'PYTHON', 'PERL5', 'GIT_', 'NPM_CONFIG_']
const ENDING = '_PROXY'

/** Whether a value from a file may not be set under this name, in any case, since it would run or redirect code. */
export function isBlockedName(name: string): boolean {
  const upper = name.toUpperCase()
  return NAMES.has(upper) || upper.endsWith(ENDING) || BEGINNINGS.some((beginning) => upper.startsWith(beginning))
}
