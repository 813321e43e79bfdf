/**
 * The same job as a careful developer writes it by hand with dotenv, yaml and zod: it reads profile, secrets, .env
 * files and service configs, replaces `${VAR:-default}`, and checks the result. No origins, no masks, no positions, no
 * limits.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import dotenv from 'dotenv'
import YAML from 'yaml'

export function loadByHand(root, schema, env) {
  const directory = join(root, '.systemprompt/profiles/local')
  const values = {}
  for (const name of ['.env', '.env.local']) {
    const file = join(root, name)
    if (existsSync(file)) Object.assign(values, dotenv.parse(readFileSync(file, 'utf8')))
  }
  const secretsText = readFileSync(join(directory, 'secrets.json'), 'utf8')
  const secrets = JSON.parse(secretsText.replace(/^\s*\/\/.*$/gm, '').replace(/,(\s*})/g, '$1'))
  const variables = { ...upperCased(secrets), ...values, ...env }
  for (const [key, value] of Object.entries(values)) variables[key] = env[key] ?? expand(value, variables)
  const profile = substituted(
    YAML.parse(readFileSync(join(directory, 'profile.yaml'), 'utf8'), { merge: true }),
    variables,
  )
  const services = {}
  const folder = resolve(directory, profile.paths?.services ?? '../../../services')
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    const file = join(folder, name, 'config.yaml')
    if (existsSync(file)) services[name] = substituted(YAML.parse(readFileSync(file, 'utf8')), variables)
  }
  return { config: schema.parse({ ...profile, services }), secrets }
}

function upperCased(secrets) {
  return Object.fromEntries(
    Object.entries(secrets).map(([key, value]) => [
      key === 'anthropic_api_key' ? 'ANTHROPIC_API_KEY' : key.toUpperCase(),
      value,
    ]),
  )
}

function substituted(value, variables) {
  if (typeof value === 'string') return typed(expand(value, variables), value)
  if (Array.isArray(value)) return value.map((item) => substituted(item, variables))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, substituted(item, variables)]))
}

function expand(text, variables) {
  return text.replace(/\$\{(\w+)(?::-([^}]*))?\}/g, (_, name, fallback) => variables[name] ?? fallback ?? '')
}

function typed(text, before) {
  if (text === before) return text
  if (/^\d+$/.test(text)) return Number(text)
  return text === 'true' || text === 'false' ? text === 'true' : text
}
