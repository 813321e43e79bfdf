import { createHmac } from 'node:crypto'
import { loadConfigSync } from '@systemprompt/env'
import { downloads_files, downloads_link_minutes } from '@systemprompt/env/public'
import type { LambdaFunctionURLEvent, LambdaFunctionURLResult } from 'aws-lambda'

// Once per container: from the function's variables in the cloud, from secrets.json on your machine.
const { secrets } = loadConfigSync({ secrets: { required: ['link_signing_key'] } })
const key = secrets.require('LINK_SIGNING_KEY')

export async function handler(event: LambdaFunctionURLEvent): Promise<LambdaFunctionURLResult> {
  const file = event.queryStringParameters?.file ?? ''
  if (event.rawPath !== '/api/link' || !downloads_files.includes(file)) return json(404, { error: 'no such file' })
  return json(200, { url: signed(file) })
}

function signed(file: string): string {
  const expires = Math.floor(Date.now() / 1000) + downloads_link_minutes * 60
  const signature = createHmac('sha256', key).update(`${file}:${expires}`).digest('hex')
  return `/files/${file}?expires=${expires}&signature=${signature}`
}

function json(statusCode: number, body: object): LambdaFunctionURLResult {
  return { statusCode, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}
