import { defineCommand } from 'citty'
import { check } from './check.ts'
import { explain } from './explain.ts'
import { show } from './show.ts'

export const config = defineCommand({
  meta: { name: 'systemprompt config', description: 'Check, show and explain the resolved configuration' },
  subCommands: { check, show, explain },
})
