import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'

/** A JSON Schema of the contract, references resolved. */
export interface Schema {
  readonly type?: string | readonly string[]
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly enum?: readonly (string | null)[]
  readonly [keyword: string]: unknown
}

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query'
  readonly required?: boolean
  readonly schema: Schema
}

export interface Operation {
  readonly id: string
  readonly method: string
  /** `/api/v1/tenants/{tenant_id}/secrets` */
  readonly path: string
  readonly isPublic: boolean
  readonly parameters: readonly Parameter[]
  readonly body?: { readonly type: string; readonly schema: Schema }
  /** By status, including `default`; without a schema if the response has no body. */
  readonly answers: ReadonlyMap<string, Schema | undefined>
}

const file = fileURLToPath(new URL('../../fixtures/contract/cloud-api.yaml', import.meta.url))
const document = parse(readFileSync(file, 'utf8')) as { paths: Record<string, Record<string, unknown>> }

/** The schema with this name in the contract. */
export function schemaCalled(name: string): Schema {
  return resolved({ $ref: `#/components/schemas/${name}` }) as Schema
}

/** Every operation of the contract. */
export const OPERATIONS: readonly Operation[] = Object.entries(document.paths).flatMap(([path, item]) => {
  const { parameters = [], ...methods } = resolved(item) as Record<string, unknown>
  return Object.entries(methods).map(([method, value]) => operationOf(path, method, value, parameters as Parameter[]))
})

interface RawOperation {
  readonly operationId: string
  readonly security?: readonly unknown[]
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Content }
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>
}

type Content = Readonly<Record<string, { readonly schema: Schema }>>

function operationOf(path: string, method: string, value: unknown, shared: readonly Parameter[]): Operation {
  const { operationId, security, parameters = [], requestBody, responses } = value as RawOperation
  const [type, content] = Object.entries(requestBody?.content ?? {})[0] ?? []
  const answers = Object.entries(responses).map(
    ([status, answer]) => [status, answer.content?.['application/json']?.schema] as const,
  )
  return {
    id: operationId,
    method: method.toUpperCase(),
    path,
    isPublic: security?.length === 0,
    parameters: [...shared, ...parameters],
    ...(type && content ? { body: { type, schema: content.schema } } : {}),
    answers: new Map(answers),
  }
}

function resolved(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(resolved)
  if (typeof value !== 'object' || value === null) return value
  const reference: unknown = Reflect.get(value, '$ref')
  if (typeof reference !== 'string') {
    return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, resolved(child)]))
  }
  const target = reference
    .slice(2)
    .split('/')
    .reduce<unknown>((at, step) => Reflect.get(at as object, step), document)
  return resolved(target)
}
