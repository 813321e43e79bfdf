import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import {
  errorIn,
  isAuditPage,
  isExchanged,
  isKeyList,
  isLoginStart,
  isTenantList,
  isUserMe,
} from '../../src/cloud/contract.ts'
import { OPERATIONS, type Schema, schemaCalled } from './contract-file.ts'

const file = fileURLToPath(new URL('../../src/cloud/contract.ts', import.meta.url))
const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022, true)

/** `{ name: 'name?: string | null' }` of an interface in contract.ts. */
function declared(name: string): Record<string, string> {
  const found = source.statements.find((node) => ts.isInterfaceDeclaration(node) && node.name.text === name)
  if (!found || !ts.isInterfaceDeclaration(found)) throw new Error(`${name} is not declared`)
  return Object.fromEntries(
    found.members.filter(ts.isPropertySignature).map((member) => {
      const key = member.name.getText()
      return [key, `${key}${member.questionToken ? '?' : ''}: ${member.type?.getText()}`]
    }),
  )
}

/** The same for a schema; `names` are the types of properties that are objects. */
function specified({ properties = {}, required = [] }: Schema, names: Readonly<Record<string, string>>) {
  return Object.fromEntries(
    Object.entries(properties).map(([key, schema]) => [
      key,
      `${key}${required.includes(key) ? '' : '?'}: ${typeText(schema, names[key] ?? 'object')}`,
    ]),
  )
}

const TYPES: Readonly<Record<string, string>> = {
  integer: 'number',
  number: 'number',
  string: 'string',
  boolean: 'boolean',
}

function typeText(schema: Schema, name: string): string {
  if (schema.enum) return schema.enum.map((value) => (value === null ? 'null' : `'${value}'`)).join(' | ')
  const kinds = [schema.type ?? []].flat()
  return kinds
    .map((kind) => (kind === 'array' ? `readonly ${name}[]` : kind === 'object' ? name : (TYPES[kind] ?? kind)))
    .join(' | ')
}

const operation = (id: string) => OPERATIONS.find((each) => each.id === id)
const answerOf = (id: string): Schema => operation(id)?.answers.get('200') ?? {}
const property = (schema: Schema, name: string): Schema => schema.properties?.[name] ?? {}

describe('the types are those of the contract:', () => {
  test.each<[string, Schema, Record<string, string>]>([
    ['UserMe', schemaCalled('UserMe'), { user: 'User', customer: 'Customer', tenants: 'TenantInfo' }],
    ['User', property(schemaCalled('UserMe'), 'user'), {}],
    ['Customer', property(schemaCalled('UserMe'), 'customer'), {}],
    ['TenantInfo', schemaCalled('TenantInfo'), { plan: 'Plan' }],
    ['Plan', property(schemaCalled('TenantInfo'), 'plan'), {}],
    ['CloudTenant', schemaCalled('Tenant'), {}],
    ['AuditEntry', schemaCalled('AuditEntry'), {}],
    ['AuditPage', answerOf('auditSecrets'), { data: 'AuditEntry' }],
  ])('%s', (name, schema, names) => {
    expect(declared(name)).toEqual(specified(schema, names))
  })

  test('the providers', () => {
    const alias = source.statements.find((node) => ts.isTypeAliasDeclaration(node) && node.name.text === 'Provider')
    const provider = operation('beginLogin')?.parameters.find(({ name }) => name === 'provider')
    expect(alias?.getText()).toBe(`export type Provider = ${typeText(provider?.schema ?? {}, '')}`)
  })
})

describe('the guards require what the contract requires:', () => {
  const guards: Readonly<Record<string, (value: unknown) => boolean>> = {
    whoami: isUserMe,
    listTenants: isTenantList,
    listSecretKeys: isKeyList,
    auditSecrets: isAuditPage,
    beginLogin: isLoginStart,
    exchangeToken: isExchanged,
  }
  test.each(Object.entries(guards))('%s', (id, isRight) => {
    const schema = answerOf(id)
    const whole = sample(schema) as Record<string, unknown>
    expect(isRight(whole)).toBe(true)
    expect(isRight({ ...whole, something_newer: {} })).toBe(true)
    for (const key of schema.required ?? []) {
      expect(isRight({ ...whole, [key]: undefined }), key).toBe(false)
      expect(isRight({ ...whole, [key]: 1 }), key).toBe(false)
    }
    for (const wrong of [undefined, null, [], 'text', 1, {}]) expect(isRight(wrong)).toBe(false)
  })

  test('the client in an audit entry is a string, or missing', () => {
    const entry = { at: 'x', actor: 'x', action: 'set', key: 'x' }
    for (const client of [undefined, null, 'x']) expect(isAuditPage({ data: [{ ...entry, client }] })).toBe(true)
    for (const client of [1, {}, ['x']]) expect(isAuditPage({ data: [{ ...entry, client }] })).toBe(false)
  })

  test('every response with a body has a guard', () => {
    const withBody = OPERATIONS.filter(({ answers }) => answers.get('200')).map(({ id }) => id)
    expect(withBody.sort()).toEqual(Object.keys(guards).sort())
  })

  test('an error has a code and a message', () => {
    const error = { code: 'x', message: 'y' }
    expect(errorIn({ error })).toEqual(error)
    for (const wrong of [{}, { error: 'x' }, { error: { code: 1, message: 'y' } }, null, []]) {
      expect(errorIn(wrong)).toBeUndefined()
    }
  })
})

/** A value with everything that a schema names. */
function sample(schema: Schema): unknown {
  const kind = [schema.type ?? 'object'].flat()[0]
  if (schema.enum) return schema.enum[0]
  if (kind === 'array') return [sample(schema.items ?? {})]
  if (kind === 'string') return 'text'
  if (kind === 'integer' || kind === 'number') return 1
  if (kind === 'boolean') return true
  return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([key, child]) => [key, sample(child)]))
}
