import { Refusal, refusalBody, refusals, type RefusalCode } from '@anqu/contract'
import { bytesToHex, bytesToUtf8, utf8ToBytes } from '@anqu/encoding'
import { sm3, Sm2PublicKey } from '@anqu/gm-crypto'
import { MessageError, type MessageServer } from '@anqu/message'
import { TransportError, type HttpServer, type Log } from '@anqu/platform'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { AuditLog } from '../needs/audit.ts'
import type { BoundRoute, CustomerSession, RequestContext, StaffSession } from './bound-route.ts'
import { recordAnomaly } from './client-anomalies.ts'
import type { DataEncryption } from './data-encryption.ts'
import { readCookie, sessionCookie } from './session-cookie.ts'

export type SealedHttpNeeds = {
  readonly server: HttpServer
  readonly audience: 'customer' | 'staff'
  readonly messages: MessageServer
  readonly routes: readonly BoundRoute[]
  readonly audit: AuditLog
  readonly encryption: Pick<DataEncryption, 'open'>
  readonly log: Log
  /** True behind TLS: the cookie is marked Secure. */
  readonly secure: boolean
  readonly pseudonym: (address: string) => string
  readonly resolveCustomer: (
    token: string,
    clientKeyId: string,
    use: 'plain' | 'fund' | 'reauthenticate',
  ) => Promise<CustomerSession>
  readonly resolveStaff: (token: string, clientKeyId: string) => Promise<StaffSession>
  /** Told of every sealed answer: the route's declared name and the HTTP status, nothing of the caller. */
  readonly answered: (route: string, status: number) => void
}

export const sealedType = 'application/vnd.anqu.sealed'
const channelHeader = 'anqu-channel'

/** Registers the two messages of the handshake and every route of one audience; the one place where errors become answers. */
export function registerSealedRoutes(needs: SealedHttpNeeds): void {
  const { server, messages, routes, audience } = needs
  const { app } = server
  const bytesOf = (request: FastifyRequest): Uint8Array => {
    if (!Buffer.isBuffer(request.body)) throw new Refusal('request.malformed', 'no binary body')
    return new Uint8Array(request.body)
  }
  const handshake = (path: string, answer: (bytes: Uint8Array) => Promise<Uint8Array>): void => {
    app.route({
      method: 'POST',
      url: path,
      handler: async (request, reply) => {
        const bytes = await answer(bytesOf(request))
        return reply.type('application/octet-stream').send(Buffer.from(bytes))
      },
    })
  }
  handshake('/message/hello', (bytes) => messages.hello(bytes))
  handshake('/message/finish', (bytes) => messages.finish(bytes))
  for (const bound of routes)
    if (bound.route.audience === audience)
      app.route({
        method: 'POST',
        url: bound.route.path,
        handler: (request, reply) => answerSealed(needs, bound, { request, reply, body: bytesOf(request) }),
      })
}

type Exchange = { request: FastifyRequest; reply: FastifyReply; body: Uint8Array }

async function answerSealed(
  needs: SealedHttpNeeds,
  bound: BoundRoute,
  exchange: Exchange,
): Promise<FastifyReply> {
  const { request, reply, body } = exchange
  const channelId = request.headers[channelHeader]
  if (typeof channelId !== 'string' || !/^[0-9a-f]{32}$/.test(channelId))
    throw new Refusal('message.unknown-channel')
  const opened = await openRecord(needs, { channelId, path: bound.route.path, body, request })
  // From here on the caller is known to hold the channel's keys, and every answer, a refusal too, is sealed.
  const { status, value } = await handle(needs, bound, {
    request,
    reply,
    plaintext: opened.plaintext,
    clientKey: opened.clientKey,
  })
  needs.answered(bound.route.name, status)
  const sealed = opened.seal(utf8ToBytes(JSON.stringify(value)))
  return reply.code(status).type(sealedType).send(Buffer.from(sealed))
}

async function openRecord(
  needs: SealedHttpNeeds,
  record: { channelId: string; path: string; body: Uint8Array; request: FastifyRequest },
): Promise<Awaited<ReturnType<MessageServer['open']>>> {
  try {
    return await needs.messages.open(record.channelId, `POST ${record.path}`, record.body)
  } catch (error) {
    if (error instanceof MessageError)
      await recordAnomaly(needs.audit, error, {
        subject: 'anonymous',
        origin: needs.pseudonym(record.request.ip),
        resource: record.path,
        correlationId: record.request.id,
      })
    throw error
  }
}

type Opened = { request: FastifyRequest; reply: FastifyReply; plaintext: Uint8Array; clientKey: Sm2PublicKey }

async function handle(
  needs: SealedHttpNeeds,
  bound: BoundRoute,
  opened: Opened,
): Promise<{ status: number; value: unknown }> {
  const { request } = opened
  let context: RequestContext | undefined
  try {
    context = await contextOf(needs, bound, opened)
    const input = await inputOf(needs, bound, { plaintext: opened.plaintext, context })
    const output = await bound.handle(input, context)
    return { status: 200, value: z.encode(bound.route.output, bound.route.output.parse(output)) }
  } catch (error) {
    if (error instanceof Refusal) {
      needs.log.info(
        { correlationId: request.id, route: bound.route.name, code: error.code, detail: error.detail },
        'refused',
      )
      await recordAnomaly(needs.audit, error, {
        subject: context?.customer?.accountId ?? context?.staff?.staffId ?? 'anonymous',
        origin: context?.origin ?? needs.pseudonym(request.ip),
        resource: bound.route.path,
        correlationId: request.id,
      })
      return {
        status: refusals[error.code].status,
        value: refusalBody(error.code, request.id, error.retryAtMs),
      }
    }
    needs.log.error(
      { correlationId: request.id, route: bound.route.name, error },
      'a request failed by a bug',
    )
    return { status: 500, value: refusalBody('server.error', request.id) }
  }
}

async function inputOf(
  { encryption }: SealedHttpNeeds,
  bound: BoundRoute,
  { plaintext, context }: { plaintext: Uint8Array; context: RequestContext },
): Promise<unknown> {
  const { encryptedUnder } = bound.route
  if (encryptedUnder === undefined) return parse(bound, jsonOf(plaintext))
  const opened = await encryption.open(jsonOf(plaintext), context)
  const input = parse(bound, jsonOf(opened.plaintext))
  // Inputs of routes are objects; what is recorded of the exchange must be about this very input.
  if ((input as Readonly<Record<string, unknown>>)[encryptedUnder] !== opened.correlationId)
    throw new Refusal('encryption.rejected', 'another correlation id inside')
  return input
}

function jsonOf(plaintext: Uint8Array): unknown {
  try {
    return JSON.parse(bytesToUtf8(plaintext))
  } catch {
    throw new Refusal('request.malformed', 'not JSON')
  }
}

function parse(bound: BoundRoute, json: unknown): unknown {
  const result = bound.route.input.safeParse(json)
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw new Refusal('request.malformed', `${issue?.path.join('.') ?? ''}: ${issue?.code ?? ''}`)
}

async function contextOf(needs: SealedHttpNeeds, bound: BoundRoute, opened: Opened): Promise<RequestContext> {
  const { request, reply, clientKey } = opened
  const clientKeyId = bytesToHex(sm3(clientKey.bytes).subarray(0, 16))
  const cookie = sessionCookie(needs.audience, needs.secure)
  const token = readCookie(request.headers.cookie, cookie.name)
  const { customer, staff } = await sessionOf(needs, bound, { token, clientKeyId })
  return {
    correlationId: request.id,
    clientKeyId,
    clientKey: clientKey.bytes,
    origin: `${clientKeyId}@${needs.pseudonym(request.ip)}`,
    customer,
    staff,
    setSession: (session) =>
      void reply.header('set-cookie', session === null ? cookie.clear() : cookie.set(session)),
  }
}

async function sessionOf(
  needs: SealedHttpNeeds,
  bound: BoundRoute,
  caller: { token: string | undefined; clientKeyId: string },
): Promise<{ customer: CustomerSession | null; staff: StaffSession | null }> {
  const { route } = bound
  if (route.session === 'none') return { customer: null, staff: null }
  if (caller.token === undefined) {
    if (route.session === 'optional') return { customer: null, staff: null }
    throw new Refusal('session.required')
  }
  if (needs.audience === 'staff')
    return { customer: null, staff: await needs.resolveStaff(caller.token, caller.clientKeyId) }
  const use =
    route.session === 'fund' ? 'fund' : usesReauthentication(route.name) ? 'reauthenticate' : 'plain'
  try {
    return { customer: await needs.resolveCustomer(caller.token, caller.clientKeyId, use), staff: null }
  } catch (error) {
    // Where a session is welcome but not needed, an old one is no obstacle.
    if (route.session === 'optional' && error instanceof Refusal) return { customer: null, staff: null }
    throw error
  }
}

/** What must work while the person still has to be confirmed: the confirmation itself, its keyboard, and leaving. */
const usesReauthentication = (name: string): boolean =>
  name === 'sessions.reauthenticate' || name === 'sessions.logout' || name === 'factors.keyboard'

/** Errors outside the seal: the message protocol's own and those of HTTP. */
export function renderRefusal(
  error: unknown,
  correlationId: string,
): { status: number; body: unknown } | undefined {
  const code = codeOf(error)
  return code === undefined
    ? undefined
    : { status: refusals[code].status, body: refusalBody(code, correlationId) }
}

const isClientError = (error: unknown): boolean =>
  error instanceof Error &&
  'statusCode' in error &&
  Number(error.statusCode) >= 400 &&
  Number(error.statusCode) < 500

function codeOf(error: unknown): RefusalCode | undefined {
  if (error instanceof Refusal) return error.code
  if (error instanceof MessageError) return error.code
  if (!(error instanceof TransportError))
    // Files are served by a library with errors of its own: an address it will not serve is an address with nothing.
    return isClientError(error) ? 'request.not-found' : undefined
  if (error.problem === 'too-large') return 'request.too-large'
  if (error.problem === 'not-found' || error.problem === 'method-not-allowed') return 'request.not-found'
  return error.problem === 'unavailable' || error.problem === 'timeout'
    ? 'server.unavailable'
    : 'request.malformed'
}
