import { bytesToBase64, bytesToUtf8, utf8ToBytes } from '@anqu/encoding'
import { sm2Sign } from '@anqu/gm-crypto'
import { parseInput, TransportError, type Log } from '@anqu/platform'
import type { FastifyInstance } from 'fastify'
import type { z } from 'zod'
import { answerBytes, callHeaders } from './api/signed-call.ts'
import type { Callers, TrustedCall } from './callers.ts'
import type { AuthorityKeys } from './keys/authority-keys.ts'
import { Refused } from './refused.ts'

type Handler<S extends z.ZodType> = (input: z.output<S>, call: TrustedCall) => Promise<object>
export type SignedRoute = <S extends z.ZodType>(url: string, schema: S, handle: Handler<S>) => void

/** POST routes whose calls and answers are signed. */
export function signedRoutes(
  app: FastifyInstance,
  { callers, keys, log }: { callers: Callers; keys: AuthorityKeys; log: Log },
): SignedRoute {
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
        const call = await callers.verify(url, request.headers, body)
        const { status, value } = await run(() => handle(parseInput(schema, parseJson(body)), call), log)
        const bytes = utf8ToBytes(JSON.stringify(value))
        const signature = sm2Sign(
          keys.service.key,
          answerBytes({ status, requestSignature: call.signature }, bytes),
        )
        return reply
          .code(status)
          .header(callHeaders.signature, bytesToBase64(signature))
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

/** A refusal is a signed answer as well, so that nobody on the way can make one up. */
async function run(work: () => Promise<object>, log: Log): Promise<{ status: number; value: object }> {
  try {
    return { status: 200, value: await work() }
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    log.info({ code: error.code, why: error.message }, 'refused')
    return { status: 422, value: { refused: error.code } }
  }
}
