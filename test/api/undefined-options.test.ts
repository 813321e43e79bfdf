import { expect, test } from 'vitest'
import type { PluginOptions } from '../../integrations/options.ts'
import vite from '../../integrations/vite.ts'
import { CloudClient, type CloudClientOptions } from '../../src/cloud/index.ts'
import { type EmulatorOptions, startEmulator } from '../../src/emulator/index.ts'
import { loadConfigSync, type TypesFileOptions, writeTypes } from '../../src/index.ts'
import {
  createMatcher,
  createRedactor,
  createRedactStream,
  type MatcherOptions,
  type RedactorOptions,
  type RedactStreamOptions,
  type ScanOptions,
  scanFiles,
} from '../../src/scan/index.ts'
import { makeProject } from '../support/temp-project.ts'

type Undefined<Options> = { readonly [Name in keyof Options]-?: undefined }

/** For `LoadOptions` see `test/api/load-config.test.ts`. */
test('an undefined option of any entry has its default, also with exactOptionalPropertyTypes', async () => {
  const plugin: Undefined<PluginOptions> = {
    cwd: undefined,
    profile: undefined,
    schema: undefined,
    public: undefined,
    prefix: undefined,
    consumer: undefined,
    leakGuard: undefined,
    phase: undefined,
    types: undefined,
  }
  expect(vite(plugin)).toHaveLength(vite().length)

  const types: Undefined<TypesFileOptions> = { file: undefined, cwd: undefined, check: undefined }
  const root = makeProject({ '.env': 'PUBLIC_A=x' })
  expect(writeTypes(loadConfigSync({ cwd: root }), types).state).toBe('written')

  const matching: Undefined<MatcherOptions> = { minLength: undefined, commonValues: undefined, publicValues: undefined }
  const matcher = createMatcher([{ name: 'KEY', value: 'made-up-9f3a' }], matching)
  const leftOut: Undefined<ScanOptions> = { isLeftOut: undefined }
  expect(scanFiles(matcher, [root], leftOut).findings).toEqual([])
  const mask: Undefined<RedactorOptions> = { mask: undefined }
  expect(createRedactor(matcher, mask).push(Buffer.from('made-up-9f3a\n')).toString()).toBe('••••\n')
  const redacting: Undefined<RedactStreamOptions> = { mask: undefined, flushAfter: undefined }
  createRedactStream(matcher, redacting).destroy()

  const emulating: Undefined<EmulatorOptions> = {
    port: undefined,
    directory: undefined,
    seed: undefined,
    exchange: undefined,
    requests: undefined,
    testApi: undefined,
    now: undefined,
  }
  const emulator = await startEmulator(emulating)
  const client: Undefined<Omit<CloudClientOptions, 'token'>> = {
    apiUrl: undefined,
    timeout: undefined,
    onWait: undefined,
    logIn: undefined,
    env: undefined,
    transport: undefined,
    clock: undefined,
  }
  const token: string | undefined = emulator.token()
  const cloud = new CloudClient({ ...client, apiUrl: emulator.url, token })
  expect((await cloud.listTenants()).length).toBeGreaterThan(0)
  expect(new CloudClient({ ...client, token: undefined }).apiUrl).toBe(new CloudClient().apiUrl)
  await emulator.close()
})
