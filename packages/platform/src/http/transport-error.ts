/** What can be wrong with a request before any business code sees it. */
export type TransportProblem =
  | 'malformed' // not JSON, bad framing, nested too deeply
  | 'invalid' // JSON, but not what the route's schema says
  | 'too-large'
  | 'unsupported-type'
  | 'not-found'
  | 'method-not-allowed'
  | 'timeout'
  | 'unavailable' // shutting down or out of room

/** A request that is refused by the HTTP layer itself. `detail` goes to the log only. */
export class TransportError extends Error {
  readonly problem: TransportProblem
  readonly detail: string

  constructor(problem: TransportProblem, detail = '', options?: ErrorOptions) {
    super(`request ${problem}`, options)
    this.name = 'TransportError'
    this.problem = problem
    this.detail = detail
  }
}

const problemOfStatus: Readonly<Record<number, TransportProblem>> = {
  400: 'malformed',
  404: 'not-found',
  405: 'method-not-allowed',
  408: 'timeout',
  413: 'too-large',
  414: 'too-large',
  415: 'unsupported-type',
  503: 'unavailable',
}

/** Turns Fastify's own refusals into ours; any other error stays as it is. */
export function asTransportError(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error) || !String(error.code).startsWith('FST_')) return error
  const status = 'statusCode' in error ? Number(error.statusCode) : 500
  const problem = problemOfStatus[status]
  return problem === undefined ? error : new TransportError(problem, error.message, { cause: error })
}
