import { rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { Build } from '../build.ts'
import type { Leaks, OutputFile } from '../output/leak-guard.ts'

/** What the hooks call on the host. */
interface Context {
  getModuleIds(): IterableIterator<string>
}

/** Runs after all other hooks of the same name. */
export interface Last<Hook> {
  readonly order: 'post'
  readonly sequential: true
  readonly handler: Hook
}

/** The hooks that see what a build writes. */
export interface OutputHooks {
  readonly renderStart: Last<() => Promise<void>>
  readonly generateBundle: Last<(options: object, bundle: Bundle) => Promise<void>>
  readonly writeBundle: Last<(this: Context, options: Place, bundle: Bundle) => Promise<void>>
  readonly closeBundle: Last<() => Promise<void>>
}

type Bundle = Readonly<Record<string, Output>>

/** Where a bundle is written. */
interface Place {
  readonly dir?: string | undefined
  readonly file?: string | undefined
}

type Output =
  | { readonly type: 'asset'; readonly fileName: string; readonly source: string | Uint8Array }
  | {
      readonly type: 'chunk'
      readonly fileName: string
      readonly code: string
      readonly map: { toString(): string } | null
    }

/**
 * Searches the output for secrets after all other plugins, and again once they may have added to it.
 *
 * @param from the directory that relative paths start from
 */
export function outputHooks(build: Build, from: () => string): OutputHooks {
  const directories = new Set<string>()
  return {
    renderStart: {
      order: 'post',
      sequential: true,
      async handler() {
        build.beginSearch()
      },
    },
    generateBundle: {
      order: 'post',
      sequential: true,
      async handler(_, bundle) {
        const leaks = await build.findLeaks(outputFiles(bundle))
        if (leaks) throw leaks.error
      },
    },
    writeBundle: {
      order: 'post',
      sequential: true,
      async handler(options, bundle) {
        const directory = resolve(from(), directoryOf(options))
        // A later plugin may have added to the output after our search.
        const leaks = await build.findLeaks(Object.values(bundle).map(contentOf))
        if (leaks) await removeWritten(leaks, directory, new Set([...this.getModuleIds()].map((id) => resolve(id))))
        directories.add(directory)
        const found = leaks ?? (await build.findWrittenLeaks(directory))
        if (found) throw found.error
      },
    },
    closeBundle: {
      order: 'post',
      sequential: true,
      async handler() {
        // Includes the directories of other builds: nothing shows which build has ended.
        for (const directory of directories) {
          const leaks = await build.findWrittenLeaks(directory)
          if (leaks) throw leaks.error
        }
      },
    },
  }
}

/** Deletes files that contain a secret, but never a source, which may be in the output directory. */
async function removeWritten({ files }: Leaks, directory: string, sources: ReadonlySet<string>): Promise<void> {
  for (const path of files.map((name) => join(directory, name))) if (!sources.has(path)) await rm(path, { force: true })
}

/** Rollup requires one of the two; Rolldown has a default. */
function directoryOf({ dir, file }: Place): string {
  return dir ?? (file === undefined ? 'dist' : dirname(file))
}

/** A chunk's map is already part of the bundle, or will be written beside it or into it. */
function outputFiles(bundle: Bundle): readonly OutputFile[] {
  return Object.values(bundle).flatMap((output) => {
    const map = output.type === 'chunk' && output.map
    const name = `${output.fileName}.map`
    return [contentOf(output), ...(map && !Object.hasOwn(bundle, name) ? [{ name, content: map.toString() }] : [])]
  })
}

function contentOf(output: Output): OutputFile {
  return { name: output.fileName, content: output.type === 'asset' ? output.source : output.code }
}
