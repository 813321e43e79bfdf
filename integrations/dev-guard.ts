import { asksForConfidential } from './confidential-path.ts'

/** What connect and Express know of a request. */
interface Request {
  readonly url?: string | undefined
}

interface Response {
  statusCode: number
  end(text: string): unknown
}

/** Middleware of a development server, before what hands out files: nobody gets a confidential one. */
export function refuseConfidential(request: Request, response: Response, next: () => void): void {
  if (!asksForConfidential(request.url ?? '')) {
    next()
    return
  }
  response.statusCode = 403
  response.end('Forbidden')
}
