import { bytesToBase64, bytesToUtf8, utf8ToBytes } from '@anqu/encoding'
import { sm2Sign } from '@anqu/gm-crypto'
import type { GmPool } from '@anqu/gm-crypto/pool'
import {
  createHttpServer,
  migrate,
  parseInput,
  platformMigrations,
  TransportError,
  type Clock,
  type Db,
  type ErrorRenderer,
  type HttpServer,
  type HttpServerOptions,
  type Log,
} from '@anqu/platform'
import type { FastifyInstance } from 'fastify'
import type { z } from 'zod'
import { issueRequest, revokeRequest, serverRequest, statusRequest, verifyRequest } from './api/schemas.ts'
import { answerBytes, callHeaders } from './api/signed-call.ts'
import { loadAuthorityKeys, type AuthorityKeys } from './authority-keys.ts'
import { createCallers, UntrustedCall, type TrustedCall } from './callers.ts'
import { readStatus, revoke, verifySignature } from './certificate-status.ts'
import { issueCustomer, issueServer, NotIssued } from './issue-certificate.ts'

export type AuthorityNeeds = {
  readonly db: Db
  readonly clock: Clock
  readonly log: Log
  readonly dataDir: string
  readonly callersDir: string
  readonly listen: HttpServerOptions['listen']
  /** Workers for the verification of customers' signatures; without them it is done in this thread. */
  readonly pool?: GmPool
}

const migrations = { module: 'ca', directory: new URL('./store/migrations/', import.meta.url) }
export const settingPrefix = 'ANQU_CA_'

/** The certification authority as an HTTP service. Calls and answers are signed. */
export async function createAuthority(
  needs: AuthorityNeeds,
): Promise<HttpServer & { housekeeping(): Promise<void> }> {
  const { db, clock, log, dataDir, callersDir, listen } = needs
  await migrate(db, [platformMigrations, migrations], { clock })
  const keys = await loadAuthorityKeys(dataDir, clock)
  const callers = createCallers({ db, clock, folder: callersDir })
  const server = createHttpServer({ listen, settingPrefix, log, renderError, correlation: 'inherit' })
  server.app.get('/v1/anchors', async () => ({
    certificates: [keys.issuing.certificate, keys.root].map((certificate) => bytesToBase64(certificate.raw)),
    service: bytesToBase64(keys.service.certificate.raw),
  }))
  await server.app.register(async (scope) => {
    const route = signedRoutes(scope, { callers, keys, log })
    const issuing = { db, clock, keys }
    route('/v1/certificates', issueRequest, (input, { caller }) => issueCustomer(issuing, input, caller))
    route('/v1/server-certificates', serverRequest, (input, { caller }) =>
      issueServer(issuing, input, caller),
    )
    route('/v1/certificates/verify-signature', verifyRequest, (input, { caller }) =>
      verifySignature({ ...issuing, pool: needs.pool }, input, caller),
    )
    route('/v1/certificates/status', statusRequest, ({ serial }) => readStatus(issuing, serial))
    route('/v1/certificates/revoke', revokeRequest, (input, { caller }) => revoke(issuing, input, caller))
  })
  return { ...server, housekeeping: () => callers.forgetNonces() }
}

type Handler<S extends z.ZodType> = (input: z.output<S>, call: TrustedCall) => Promise<object>

function signedRoutes(
  app: FastifyInstance,
  { callers, keys, log }: { callers: ReturnType<typeof createCallers>; keys: AuthorityKeys; log: Log },
) {
  // The signature covers the body byte by byte, so JSON is left as it came within this scope.
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  )
  return <S extends z.ZodType>(url: string, schema: S, handle: Handler<S>): void => {
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

/** A refusal to issue is a signed answer as well, so that nobody on the way can make one up. */
async function run(work: () => Promise<object>, log: Log): Promise<{ status: number; value: object }> {
  try {
    return { status: 200, value: await work() }
  } catch (error) {
    if (!(error instanceof NotIssued)) throw error
    log.info({ why: error.message }, 'not issued')
    return { status: 422, value: { refused: 'not-issued' } }
  }
}

const renderError: ErrorRenderer = (error, correlationId) =>
  error instanceof UntrustedCall
    ? {
        status: 401,
        body: {
          error: {
            code: 'ca.untrusted',
            zh: '请求未通过验证',
            en: 'The request is not trusted',
            correlationId,
          },
        },
      }
    : undefined
