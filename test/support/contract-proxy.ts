import { createServer, request as send } from 'node:http'
import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { OPERATIONS, type Operation, type Schema } from '../cloud/contract-file.ts'
import { listen, type TestServer } from './http-server.ts'

export interface ContractProxy extends TestServer {
  /** Differences from the contract in requests and responses. */
  readonly violations: string[]
  /** `operation status`, each once. */
  readonly covered: Set<string>
}

/** A proxy that forwards everything unchanged, and checks every request and every response against the contract. */
export async function contractProxy(target: string): Promise<ContractProxy> {
  const violations: string[] = []
  const covered = new Set<string>()
  const server = createServer((incoming, outgoing) => {
    const parts: Buffer[] = []
    incoming.on('data', (part: Buffer) => parts.push(part))
    incoming.on('end', () => {
      const body = Buffer.concat(parts)
      const headers = { ...incoming.headers, host: new URL(target).host }
      const asked = send(target + incoming.url, { method: incoming.method, headers }, (answer) => {
        const answerParts: Buffer[] = []
        answer.on('data', (part: Buffer) => answerParts.push(part))
        answer.on('end', () => {
          const answered = Buffer.concat(answerParts)
          check(incoming.method ?? '', incoming.url ?? '', incoming.headers, body, answer.statusCode ?? 0, answered)
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
          outgoing.end(answered)
        })
      })
      asked.on('error', () => outgoing.destroy())
      asked.end(body)
    })
  })

  function check(
    method: string,
    target: string,
    headers: Readonly<Record<string, unknown>>,
    body: Buffer,
    status: number,
    answered: Buffer,
  ): void {
    const url = new URL(target, 'http://127.0.0.1')
    const operation = OPERATIONS.filter((operation) => operation.method === method).find((operation) =>
      pathParameters(operation, url.pathname),
    )
    if (!operation) {
      if (url.pathname.startsWith('/api/')) violations.push(`${method} ${url.pathname} is no operation`)
      return
    }
    covered.add(`${operation.id} ${status}`)
    const isGood = status < 400
    const complain = (what: string): void => void violations.push(`${operation.id} ${status}: ${what}`)
    // A request that was refused may be wrong; one that was accepted must be right.
    if (isGood) checkRequest(operation, url, headers, body, complain)
    const schema = operation.answers.has(String(status))
      ? operation.answers.get(String(status))
      : operation.answers.get('default')
    if (isGood && !operation.answers.has(String(status))) complain('the status is not in the contract')
    if (schema) complainOf(schema, json(answered), 'answer', complain)
    else if (answered.length > 0) complain('the answer should be empty')
  }

  return { ...(await listen(server)), violations, covered }
}

function checkRequest(
  operation: Operation,
  url: URL,
  headers: Readonly<Record<string, unknown>>,
  body: Buffer,
  complain: (what: string) => void,
): void {
  const inPath = pathParameters(operation, url.pathname) ?? {}
  const known = operation.parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name)
  for (const name of url.searchParams.keys()) if (!known.includes(name)) complain(`unknown parameter ${name}`)
  for (const { name, in: where, required = false, schema } of operation.parameters) {
    const text = where === 'path' ? inPath[name] : (url.searchParams.get(name) ?? undefined)
    if (text === undefined) {
      if (required) complain(`parameter ${name} is missing`)
    } else complainOf(schema, schema.type === 'integer' ? Number(text) : text, name, complain)
  }
  const hasToken = typeof headers.authorization === 'string'
  if (hasToken === operation.isPublic) complain(operation.isPublic ? 'a token is sent' : 'no token is sent')
  if (!operation.body) {
    if (body.length > 0) complain('the request should have no body')
    return
  }
  if (headers['content-type'] !== operation.body.type) complain(`the body is not ${operation.body.type}`)
  const isForm = operation.body.type.endsWith('urlencoded')
  const data = isForm ? Object.fromEntries(new URLSearchParams(body.toString())) : json(body)
  complainOf(operation.body.schema, data, 'body', complain)
}

/**
 * The parameters in a path; undefined if it is another operation's. A fixed path takes precedence over one with
 * parameters.
 */
function pathParameters({ path, method }: Operation, actual: string): Record<string, string> | undefined {
  const isTaken =
    path.includes('{') &&
    OPERATIONS.some(
      (operation) =>
        operation.method === method &&
        operation.path !== path &&
        fits(operation.path, actual) &&
        operation.path.split('{').length < path.split('{').length,
    )
  return isTaken ? undefined : fits(path, actual)
}

function fits(path: string, actual: string): Record<string, string> | undefined {
  const pattern = path.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')
  const found = new RegExp(`^${pattern}$`).exec(actual)
  return found
    ? Object.fromEntries(Object.entries(found.groups ?? {}).map(([name, text]) => [name, decodeURIComponent(text)]))
    : undefined
}

const ajv = new Ajv2020.default({ strict: false, allErrors: true })
addFormats.default(ajv)
const compiled = new Map<Schema, ValidateFunction>()

function complainOf(schema: Schema, data: unknown, what: string, complain: (what: string) => void): void {
  const validate = compiled.get(schema) ?? ajv.compile(schema)
  compiled.set(schema, validate)
  if (!validate(data)) complain(`${what}: ${ajv.errorsText(validate.errors)}`)
}

function json(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}
