import type { Command } from './command.ts'

/** Parts of the documents that several commands print. */
export const PROBLEM = {
  code: 'string',
  message: 'string',
  'remedy?': 'string',
  'key?': 'string',
  'file?': 'string',
  'name?': 'string',
  'line?': 'number',
  'column?': 'number',
  'frame?': 'string',
  docs: 'string',
} as const

export const ORIGIN = {
  layer: 'string',
  'file?': 'string',
  'name?': 'string',
  'line?': 'number',
  'column?': 'number',
} as const

export const PLAN = {
  added: 'string[]',
  changed: 'string[]',
  unchanged: 'string[]',
  only_in_cloud: 'string[]',
  not_sent: 'string[]',
  to_send: 'string[]',
  to_remove: 'string[]',
} as const

export const FAILED = [{ name: 'string', code: 'string', message: 'string' }] as const

type Exits = NonNullable<Command['exits']>

/** Exit codes of commands that read a configuration, that write files, and that use the cloud. */
export const LOAD_EXITS = ['notFound', 'validation'] as const satisfies Exits
export const FILE_EXITS = [...LOAD_EXITS, 'conflict', 'refused'] as const satisfies Exits
export const CLOUD_EXITS = [
  'notLoggedIn',
  'forbidden',
  'notFound',
  'validation',
  'conflict',
  'network',
  'rateLimited',
  'refused',
] as const satisfies Exits
