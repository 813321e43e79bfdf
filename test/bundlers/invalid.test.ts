import { describe, expect, test } from 'vitest'
import { writeFiles } from '../support/temp-project.ts'
import { buildWith, copyApp, HOSTS } from './hosts.ts'

const PROFILE = '.systemprompt/profiles/local/profile.yaml'

describe.each(HOSTS)('a configuration that is not valid, built with %s', (host) => {
  test.each(['client', 'server'] as const)(
    'is an error for the %s as it is everywhere, said once',
    async (consumer) => {
      const root = copyApp()
      writeFiles(root, { [PROFILE]: 'name: local\nserver:\n  port: 99999\n  host: [\n' })
      const { error = '', files } = await buildWith(host, { root, consumer })
      expect(error.split(`${PROFILE}:4:9  has a bracket that is never closed`)).toHaveLength(2)
      expect(error).toContain('More: @systemprompt/env/docs/errors.md#syntax')
      expect(error).not.toMatch(/^\s+at |was not found in/m)
      for (const content of files.values()) expect(String(content)).not.toContain('canary')
    },
  )
})
