import { asksForConfidential, type Place, type Served } from './confidential-path.ts'

/** What connect and Express know of a request. */
interface Request {
  readonly url?: string | undefined
}

interface Response {
  statusCode: number
  end(text: string): unknown
}

type Middleware = (request: Request, response: Response, next: () => void) => void

/** Middleware of a development server, before what hands out files: nobody gets a confidential one. */
export function refuseConfidential(served: Served, places: readonly Place[] = []): Middleware {
  return (request, response, next) => {
    if (!asksForConfidential(request.url ?? '', served, places)) {
      next()
      return
    }
    response.statusCode = 403
    response.end('Forbidden')
  }
}
