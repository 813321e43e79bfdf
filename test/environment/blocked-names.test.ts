import { describe, expect, test } from 'vitest'
import { isBlockedName } from '../../src/environment/blocked-names.ts'
import { loadConfigSync } from '../../src/index.ts'
import { makeProject, PROFILE, SECRETS } from '../support/temp-project.ts'

/** trust.md, "What a file may not set"; for a beginning or an end, names that have it. */
const BLOCKED = [
  'NODE_OPTIONS',
  'NODE_PATH',
  'NODE_EXTRA_CA_CERTS',
  'NODE_TLS_REJECT_UNAUTHORIZED',
  'NODE_REPL_EXTERNAL_MODULE',
  'NODE_COMPILE_CACHE',
  'BUN_OPTIONS',
  'OPENSSL_CONF',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'LD_PRELOAD',
  'LD_LIBRARY_PATH',
  'LD_AUDIT',
  'DYLD_INSERT_LIBRARIES',
  'DYLD_LIBRARY_PATH',
  'BASH_ENV',
  'ENV',
  'PROMPT_COMMAND',
  'PS0',
  'PS1',
  'PS2',
  'PS4',
  'INPUTRC',
  'MAILPATH',
  'FPATH',
  'FISH_USER_PATHS',
  'FISH_FUNCTION_PATH',
  'FISH_COMPLETE_PATH',
  'PATH',
  'HOME',
  'XDG_CONFIG_HOME',
  'XDG_DATA_HOME',
  'XDG_DATA_DIRS',
  'SHELL',
  'IFS',
  'PYTHONPATH',
  'PYTHONSTARTUP',
  'PYTHONHOME',
  'PERL5OPT',
  'PERL5LIB',
  'PERL5DB',
  'PERLLIB',
  'RUBYOPT',
  'RUBYLIB',
  'JAVA_TOOL_OPTIONS',
  '_JAVA_OPTIONS',
  'CLASSPATH',
  'DOTNET_STARTUP_HOOKS',
  'GIT_SSH',
  'GIT_SSH_COMMAND',
  'GIT_CONFIG_GLOBAL',
  'GIT_EXEC_PATH',
  'GIT_ASKPASS',
  'npm_config_registry',
  'npm_config_userconfig',
  'npm_config_script_shell',
  'ELECTRON_RUN_AS_NODE',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'ALL_PROXY',
  'NO_PROXY',
  'http_proxy',
  'BROWSER',
  'EDITOR',
  'VISUAL',
  'PAGER',
  'MANPAGER',
  'LESS',
  'LESSOPEN',
  'SSH_ASKPASS',
  'SYSTEMPROMPT_API_URL',
  'SYSTEMPROMPT_API_TOKEN',
  'SYSTEMPROMPT_PROFILE',
  'SYSTEMPROMPT_USER_EMAIL',
  'SYSTEMPROMPT_SECRETS_DIR',
  'SYSTEMPROMPT_INJECTED',
  'SYSTEMPROMPT_EXPORTED',
]

const caseOf = (name: string): string[] => [
  name.toUpperCase(),
  name.toLowerCase(),
  name.charAt(0).toUpperCase() + name.slice(1).toLowerCase(),
  [...name].map((letter, index) => (index % 2 === 0 ? letter.toLowerCase() : letter.toUpperCase())).join(''),
]
const EVERY = [...new Set(BLOCKED.flatMap(caseOf))]

describe('a name that a file may not set', () => {
  test.each(BLOCKED)('is blocked in any case: %s', (name) => {
    expect(caseOf(name).filter((spelled) => !isBlockedName(spelled))).toEqual([])
  })
  test('is not set by a .env file, which is a warning', () => {
    const lines = EVERY.map((name) => `${name}=from-file`)
    const { env, warnings } = loadConfigSync({ cwd: makeProject({ '.env': `FINE=1\n${lines.join('\n')}\n` }), env: {} })
    expect({ ...env }).toEqual({ FINE: '1' })
    expect(
      warnings
        .filter(({ code }) => code === 'BLOCKED_NAME')
        .map(({ key }) => key)
        .sort(),
    ).toEqual([...EVERY].sort())
  })
  test('is not set by secrets.json', () => {
    for (let index = 0; index < 4; index++) {
      const names = [...new Set(BLOCKED.map((name) => caseOf(name)[index] ?? name))]
      const secrets = JSON.stringify(Object.fromEntries(names.map((name) => [name, 'from-file'])))
      const cwd = makeProject({ [PROFILE]: 'secrets: {validation: skip}', [SECRETS]: secrets })
      const { env, warnings } = loadConfigSync({ cwd, env: {} })
      expect({ ...env }).toEqual({})
      expect(
        warnings.every(({ code }) => code === 'BLOCKED_NAME' || code === 'MISSING_KEY' || code === 'SECRET_CONFLICT'),
      ).toBe(true)
    }
  })
  test('is not set by a directory of secrets, or by a file that a variable names', () => {
    const files = Object.fromEntries(BLOCKED.map((name) => [`run/${name}`, 'from-file']))
    const cwd = makeProject(files)
    expect({ ...loadConfigSync({ cwd, env: { SYSTEMPROMPT_SECRETS_DIR: 'run' } }).env }).toEqual({})
    const pointers = Object.fromEntries(BLOCKED.map((name) => [`${name.toUpperCase()}_FILE`, `run/${name}`]))
    const options = { cwd, env: pointers, secrets: { required: BLOCKED.map((name) => name.toUpperCase()) } }
    expect({ ...loadConfigSync(options).env }).toEqual({})
  })
  test('is not set by being listed as a custom secret', () => {
    const cwd = makeProject({ '.env': 'NODE_OPTIONS=--inspect\n' })
    expect({ ...loadConfigSync({ cwd, env: { SYSTEMPROMPT_CUSTOM_SECRETS: BLOCKED.join() } }).env }).toEqual({})
  })
})

test.each([
  'NODE_ENV',
  'NODE',
  'PATHS',
  'MY_PATH',
  'PATH_PREFIX',
  'HOMEPAGE',
  'HOME_URL',
  'SHELL_COLOR',
  'PROMPT',
  'PS',
  'MAIL_HOST',
  'ENVIRONMENT',
  'APP_ENV',
  'LDAP_URL',
  'GITHUB_TOKEN',
  'GITLAB_URL',
  'GIT',
  'NPM_TOKEN',
  'SSL_CERT',
  'PROXY',
  'PROXY_URL',
  'HTTPS_PROXY_URL',
  'EDITORIAL',
  'JAVA_OPTIONS',
  'SYSTEMPROMPT_API',
  'SYSTEMPROMPT_LOG_LEVEL',
  'DATABASE_URL',
  '',
])('a file may set %j', (name) => {
  expect(isBlockedName(name)).toBe(false)
})
