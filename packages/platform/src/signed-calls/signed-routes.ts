import { bytesToBase64, bytesToUtf8, utf8ToBytes } from '@anqu/encoding'
import { sm2Sign, type Sm2PrivateKey } from '@anqu/gm-crypto'
import type { FastifyInstance } from 'fastify'
import type { z } from 'zod'
import { parseInput } from '../http/parse-input.ts'
import { TransportError } from '../http/transport-error.ts'
import type { Callers, TrustedCall } from './callers.ts'
import { answerBytes, callHeaders } from './signed-call.ts'

export type SignedHandler<S extends z.ZodType> = (input: z.output<S>, call: TrustedCall) => Promise<object>

/** Declares one signed route. */
export type SignedRoute = <S extends z.ZodType>(url: string, schema: S, handle: SignedHandler<S>) => void

export type SignedRouteNeeds = {
  readonly protocol: string
  readonly callers: Callers
  /** Signs every answer. */
  readonly key: Sm2PrivateKey
  /** A refusal of the service's own is a signed answer too, so that nobody on the way can make one up. */
  readonly refuse: (error: unknown) => { status: number; value: object } | undefined
}

/** Routes whose calls and answers are signed, within a scope of `app` of their own. */
export function signedRoutes(app: FastifyInstance, needs: SignedRouteNeeds): SignedRoute {
  // The signature covers the body byte by byte, so JSON is left as it came within this scope.
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  )
  return (url, schema, handle) => {
    app.route({
      method: 'POST',
      url,
      handler: async (request, reply) => {
        const body = Buffer.isBuffer(request.body) ? new Uint8Array(request.body) : new Uint8Array()
        const call = await needs.callers.verify(url, request.headers, body)
        const { status, value } = await run(() => handle(parseInput(schema, parseJson(body)), call), needs)
        const bytes = utf8ToBytes(JSON.stringify(value))
        const signed = answerBytes(needs.protocol, { status, requestSignature: call.signature }, bytes)
        return reply
          .code(status)
          .header(callHeaders.signature, bytesToBase64(sm2Sign(needs.key, signed)))
          .type('application/json; charset=utf-8')
          .send(Buffer.from(bytes))
      },
    })
  }
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(bytesToUtf8(body))
  } catch (cause) {
    throw new TransportError('malformed', 'not JSON', { cause })
  }
}

async function run(
  work: () => Promise<object>,
  { refuse }: SignedRouteNeeds,
): Promise<{ status: number; value: object }> {
  try {
    return { status: 200, value: await work() }
  } catch (error) {
    const refused = refuse(error)
    if (refused === undefined) throw error
    return refused
  }
}
