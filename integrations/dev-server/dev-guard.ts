import { asksForConfidential, type Place, type Served } from './confidential-path.ts'

/** The part of a request that connect and Express share. */
interface Request {
  readonly url?: string | undefined
}

interface Response {
  statusCode: number
  end(text: string): unknown
}

type Middleware = (request: Request, response: Response, next: () => void) => void

/** Middleware for a development server that refuses confidential files; it goes before whatever serves files. */
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
