/**
 * `npm run bench:scan`: how fast secrets are found and masked in minified JavaScript, compared with two simple ways to
 * do it, how that grows with hostile text, and how many false positives there are in code without secrets.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { transform } from 'esbuild'
import { printTable, sideBySide } from './measure.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const built = join(root, 'dist/scan.js')
if (!existsSync(built)) throw new Error('Build first: npm run build')
const { createMatcher, createRedactor } = await import(built)

const secrets = Array.from({ length: 100 }, (_, index) => ({ name: `SECRET_${index}`, value: secretAt(index) }))
const text = await minified([
  'node_modules/typescript/lib/_tsc.js',
  'node_modules/typescript/lib/typescript.js',
  'node_modules/vite/dist/node/chunks/node.js',
])
const sample = text.subarray(0, 2_000_000)
const megabytes = (bytes) => bytes.length / 1e6

console.log(
  `${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}, ${megabytes(text).toFixed(1)} MB of minified JavaScript, 100 secrets\n`,
)
await finding()
await masking()
await growing()
falseAlarms()

async function finding() {
  const matcher = createMatcher(secrets)
  const forms = secrets.flatMap(({ value }) => plainForms(value)).map((form) => Buffer.from(form))
  const expression = new RegExp(
    forms.map((form) => form.toString().replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('|'),
    'g',
  )
  const asText = sample.toString('latin1')
  const medians = await sideBySide(
    {
      'createMatcher().find': () => matcher.find(sample),
      [`Buffer.indexOf, once for each of ${forms.length} forms`]: () =>
        forms.filter((form) => sample.includes(form)).length,
      'one RegExp of these forms': () => asText.match(expression)?.length,
    },
    { rounds: 9 },
  )
  report('Finding', medians, sample)
  const whole = await sideBySide({ find: () => matcher.find(text) }, { rounds: 15 })
  report('Finding in all of it', whole, text)
}

async function masking() {
  const chunks = Array.from({ length: Math.ceil(text.length / 65_536) }, (_, at) =>
    text.subarray(at * 65_536, (at + 1) * 65_536),
  )
  const matcher = createMatcher(secrets, { commonValues: 'find' })
  const medians = await sideBySide(
    {
      'createRedactor().push, 64 kB chunks': () => {
        const redactor = createRedactor(matcher)
        for (const chunk of chunks) redactor.push(chunk)
        redactor.end()
      },
    },
    { rounds: 15 },
  )
  report('Masking', medians, text)
}

/** Text that is nearly a secret everywhere, at twice the length. */
async function growing() {
  const shared = 'aB3dE5fG7hI9jK1lM3nO5pQ7'
  const alike = Array.from({ length: 100 }, (_, index) => ({
    name: `S${index}`,
    value: `${shared}${String(index).padStart(3, '0')}`,
  }))
  const repeated = Array.from({ length: 100 }, (_, index) => ({
    name: `S${index}`,
    value: `${'a'.repeat(100 + index)}b`,
  }))
  const families = {
    'beginnings of secrets': [secrets, secrets.map(({ value }) => value.slice(0, -1)).join('')],
    'what 100 secrets have in common': [alike, shared],
    'one letter over and over': [repeated, 'a'.repeat(1000)],
    backslashes: [secrets, '\\'.repeat(1000)],
    'percent signs': [secrets, '%25'.repeat(300)],
    'base64 of beginnings': [
      secrets,
      secrets.map(({ value }) => Buffer.from(value.slice(0, -2)).toString('base64')).join(''),
    ],
  }
  const rows = []
  for (const [name, [list, piece]] of Object.entries(families)) {
    const matcher = createMatcher(list, { commonValues: 'find' })
    const once = Buffer.from(piece.repeat(Math.ceil(200_000 / piece.length)))
    const twice = Buffer.concat([once, once])
    const push = (bytes) => () => {
      const redactor = createRedactor(matcher)
      redactor.push(bytes)
      redactor.end()
    }
    const medians = await sideBySide({ once: push(once), twice: push(twice) }, { rounds: 9 })
    rows.push([
      name,
      `${(megabytes(twice) / (medians.twice / 1000)).toFixed(1)} MB/s`,
      (medians.twice / medians.once).toFixed(2),
    ])
  }
  console.log('Hostile text, masked in one piece')
  printTable(['', 'speed', 't(2n)/t(n)'], rows)
  console.log()
}

function falseAlarms() {
  const project = [
    ['DATABASE_URL', 'postgres://postgres:password@localhost:5432/postgres'],
    ['JWT_SECRET', randomBytes(32).toString('base64')],
    ['ANTHROPIC_API_KEY', `sk-ant-api03-${randomBytes(48).toString('base64url')}`],
    ['GITHUB_TOKEN', `ghp_${randomBytes(18).toString('hex')}`],
    ['DB_HOST', 'localhost'],
    ['DB_USER', 'postgres'],
    ['DB_PASSWORD', 'password'],
    ['ADMIN_PASSWORD', 'changeme'],
    ['ENVIRONMENT', 'development'],
    ['MODE', 'production'],
    ['DEBUG', 'true'],
    ['PORT', '12345678'],
    ['SITE_URL', 'https://example.com'],
    ['ISSUER', 'https://github.com'],
    ['SCHEMA', 'http://www.w3.org/2000/svg'],
    ['REGION', 'eu-central-1'],
    ['METHOD', 'toString'],
    ['PROTOCOL', 'prototype'],
    ['SMTP_HOST', 'smtp.example.com'],
  ].map(([name, value]) => ({ name, value }))
  const rows = ['skip', 'find'].map((commonValues) => {
    const matcher = createMatcher(project, { commonValues })
    return [commonValues, matcher.find(text).length, matcher.skipped.length]
  })
  console.log(`False alarms in ${megabytes(text).toFixed(1)} MB`)
  printTable(['commonValues', 'found', 'skipped'], rows)
}

function report(title, medians, bytes) {
  const [best] = Object.values(medians)
  console.log(title)
  const rows = Object.entries(medians).map(([name, time]) => [
    name,
    `${(megabytes(bytes) / (time / 1000)).toFixed(0)} MB/s`,
    `${(time / best).toFixed(1)} ×`,
  ])
  printTable(['', 'speed', 'time'], rows)
  console.log()
}

function secretAt(index) {
  if (index % 10 === 0) return `postgres://app:${randomBytes(12).toString('base64url')}@db.example.com:5432/app`
  if (index % 10 === 1) return randomBytes(32).toString('hex')
  if (index % 10 === 2) return `P@ss!${randomBytes(8).toString('base64')}#$`
  return `${index % 2 ? 'sk-ant-api03-' : ''}${randomBytes(24).toString('base64url')}`
}

/** Fewer forms than the matcher knows: what one would write by hand. */
function plainForms(value) {
  const base64 = [0, 1, 2].map((before) => {
    const encoded = Buffer.from('x'.repeat(before) + value).toString('base64')
    return encoded.slice(before === 0 ? 0 : before + 1, Math.floor(((before + value.length) * 8) / 6))
  })
  return [
    ...new Set([
      value,
      ...base64,
      Buffer.from(value).toString('hex'),
      encodeURIComponent(value),
      JSON.stringify(value).slice(1, -1),
    ]),
  ]
}

async function minified(files) {
  const codes = await Promise.all(
    files.map(async (file) => (await transform(readFileSync(join(root, file), 'utf8'), { minify: true })).code),
  )
  return Buffer.from(codes.join('\n'))
}
