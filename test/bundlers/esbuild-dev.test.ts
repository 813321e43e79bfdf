import { join } from 'node:path'
import { context } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import esbuildPlugin from '../../integrations/esbuild.ts'
import { SPELLINGS } from '../support/confidential-spellings.ts'
import { writeFiles } from '../support/temp-project.ts'
import { appWithCanaries, edit, expectNone, options } from './dev-server.ts'
import { rawGet } from './raw-get.ts'
import { describeWatch } from './watch.ts'

describeWatch('esbuild', {
  async watch(root, tellError) {
    const watching = await context({
      entryPoints: { main: join(root, 'src/client.js') },
      absWorkingDir: root,
      outdir: join(root, 'out'),
      bundle: true,
      format: 'esm',
      logLevel: 'silent',
      plugins: [
        esbuildPlugin(options),
        {
          name: 'errors',
          setup({ onEnd }) {
            onEnd(({ errors }) => {
              for (const { text } of errors) tellError(text)
            })
          },
        },
      ],
    })
    await watching.watch()
    return { close: () => watching.dispose() }
  },
})

/** esbuild asks no plugin before it serves a file: what protects secrets is the choice of the folder to serve. */
describe('esbuild’s server, given a folder of its own,', () => {
  const { root, canaries } = appWithCanaries()
  let origin = ''
  let close = async (): Promise<void> => undefined

  beforeAll(async () => {
    writeFiles(root, {
      'public/page.html': '<!doctype html><body><script type="module" src="/main.js"></script></body>',
    })
    const serving = await context({
      entryPoints: { main: join(root, 'src/client.js') },
      absWorkingDir: root,
      outdir: join(root, 'public'),
      bundle: true,
      format: 'esm',
      logLevel: 'silent',
      plugins: [esbuildPlugin(options)],
    })
    const { port } = await serving.serve({ host: '127.0.0.1', servedir: join(root, 'public') })
    origin = `http://127.0.0.1:${port}`
    close = () => serving.dispose()
  })

  afterAll(() => close())

  const seen: string[] = []

  /** It does not rebuild for a moment. */
  const answers = (pattern: RegExp) =>
    expect
      .poll(async () => {
        seen.push(await rawGet(origin, '/main.js'))
        return seen.at(-1)
      })
      .toMatch(pattern)

  test('serves new values, responds with the error to a mistake, and serves new values once it is fixed', async () => {
    expect(await rawGet(origin, '/page.html')).toMatch(/^HTTP\/1\.1 200/)
    expect(await rawGet(origin, '/main.js')).toMatch(/^HTTP\/1\.1 200[\s\S]*"Acme"/)
    edit(root, 'port: 8080', 'port: eighty')
    await answers(/^HTTP\/1\.1 503[\s\S]*server\.port {2}is not a whole number/)
    edit(root, 'port: eighty', 'port: 9090')
    await answers(/^HTTP\/1\.1 200[\s\S]*9090/)
    expectNone(canaries, seen)
  })

  test.each(SPELLINGS)('does not serve %s', async (url) => {
    const text = await rawGet(origin, url.replace('/app/', `${root}/`))
    expectNone([...canaries, 'PUBLIC_GREETING'], [text])
    expect(text).toMatch(/^HTTP\/1\.1 (?:403|404|400|431|500)/)
  })
})
