import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { type Image, type Mount, runImage } from './container.ts'
import type { Ended } from './installed.ts'

type Data = Readonly<Record<string, string>>

interface Manifest {
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly data?: Data
  readonly spec?: { readonly template: { readonly spec: Pod } }
}

interface Pod {
  readonly securityContext: { readonly runAsUser: number }
  readonly containers: readonly [
    {
      readonly image: string
      readonly securityContext: { readonly readOnlyRootFilesystem: boolean }
      readonly env: readonly {
        readonly name: string
        readonly value?: string
        readonly valueFrom?: { readonly secretKeyRef: { readonly name: string; readonly key: string } }
      }[]
      readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[]
    },
  ]
  readonly volumes: readonly {
    readonly name: string
    readonly configMap?: { readonly name: string }
    readonly secret?: { readonly secretName: string; readonly defaultMode?: number }
  }[]
}

/** Carries out a manifest without a cluster: its program runs with exactly its variables and its files. */
export class Cluster {
  readonly #secrets = new Map<string, Data>()
  readonly #configMaps = new Map<string, Data>()
  readonly #pods = new Map<string, Pod>()

  /** `kubectl create secret generic NAME --from-file=…` */
  createSecret(name: string, sources: readonly string[], folder: string): void {
    const entries = sources.flatMap((source) => {
      const [key, path] = source.includes('=') ? source.split('=') : [undefined, source]
      const full = join(folder, path ?? '')
      const files = statSync(full).isDirectory() ? readdirSync(full).map((name) => join(full, name)) : [full]
      return files.map((file) => [key ?? basename(file), readFileSync(file, 'utf8')] as const)
    })
    this.#secrets.set(name, Object.fromEntries(entries))
  }

  /** `kubectl apply -f FILE`; Kubernetes reads YAML 1.1, in which `0440` is octal. */
  apply(text: string): void {
    for (const document of parseAllDocuments(text, { version: '1.1' })) {
      const { kind, metadata, data = {}, spec } = document.toJS() as Manifest
      if (kind === 'ConfigMap') this.#configMaps.set(metadata.name, data)
      else if (kind === 'Deployment' && spec) this.#pods.set(metadata.name, spec.template.spec)
      else throw new Error(`this test does not know ${kind}`)
    }
  }

  /** What the program of a deployment prints. */
  async logs(name: string, imageOf: (tag: string) => Image): Promise<Ended> {
    const { securityContext, containers, volumes } = get(this.#pods, name)
    const [{ image: tag, securityContext: own, env, volumeMounts }] = containers
    if (!own.readOnlyRootFilesystem) throw new Error('the file system is to be read-only')
    const variables = env.map(({ name, value, valueFrom }) => {
      const { secretKeyRef } = valueFrom ?? {}
      const text = secretKeyRef ? get(this.#secrets, secretKeyRef.name)[secretKeyRef.key] : value
      if (text === undefined) throw new Error(`${name} has no value`)
      return [name, text] as const
    })
    const mounts = volumeMounts.map((mount): Mount => {
      const { configMap, secret } = volumes.find((volume) => volume.name === mount.name) ?? {}
      if (configMap) return { at: mount.mountPath, from: get(this.#configMaps, configMap.name) }
      if (!secret) throw new Error(`there is no volume ${mount.name}`)
      const { secretName, defaultMode = 0o644 } = secret
      return { at: mount.mountPath, from: get(this.#secrets, secretName), mode: defaultMode }
    })
    const image = { ...imageOf(tag), user: securityContext.runAsUser }
    return await runImage(image, Object.fromEntries(variables), mounts)
  }
}

function get<Value>(map: ReadonlyMap<string, Value>, name: string): Value {
  const value = map.get(name)
  if (value === undefined) throw new Error(`there is no ${name}`)
  return value
}
