import { base64ToBytes, bytesToBase64, bytesToUtf8, utf8ToBytes } from '@anqu/encoding'
import { applyFaults, type Answer, type FaultSwitches } from '@anqu/fault-switches'
import { sm2Sign, type Sm2PrivateKey } from '@anqu/gm-crypto'
import { parseInput, TransportError, type Clock } from '@anqu/platform'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import type { ChannelKeys } from './keys.ts'
import { answerBytes, headers, requestBytes, type DebitAnswer, type FindAnswer } from './wire.ts'

/** A request whose signature, channel or time is wrong. One answer for each of them. */
export class UntrustedRequest extends Error {
  readonly detail: string

  constructor(detail: string) {
    super('untrusted request')
    this.name = 'UntrustedRequest'
    this.detail = detail
  }
}

const longestAgeMs = 5 * 60_000

interface Trust {
  readonly clock: Clock
  readonly channels: ChannelKeys
  readonly signingKey: Sm2PrivateKey
  readonly switches: FaultSwitches
}

interface Trusted {
  readonly channelId: string
  readonly requestSignature: string
  readonly input: unknown
}

const header = (request: FastifyRequest, name: string): string => {
  const value = request.headers[name]
  if (typeof value !== 'string') throw new UntrustedRequest(`no ${name}`)
  return value
}

async function verify({ clock, channels }: Trust, request: FastifyRequest): Promise<Trusted> {
  const channelId = header(request, headers.channelId)
  const timestamp = header(request, headers.timestamp)
  const requestSignature = header(request, headers.signature)
  const body = Buffer.isBuffer(request.body) ? new Uint8Array(request.body) : new Uint8Array()
  if (!/^\d{1,15}$/.test(timestamp) || Math.abs(clock.nowMs() - Number(timestamp)) > longestAgeMs)
    throw new UntrustedRequest('time')
  const verifies = await channels.find(channelId)
  if (verifies === undefined) throw new UntrustedRequest('channel')
  const message = requestBytes({ path: request.url, channelId, timestamp }, body)
  if (!/^[A-Za-z0-9+/]{86}==$/.test(requestSignature) || !verifies(message, base64ToBytes(requestSignature)))
    throw new UntrustedRequest('signature')
  // Only what a channel signed is parsed.
  return { channelId, requestSignature, input: parseJson(body) }
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(bytesToUtf8(body))
  } catch (cause) {
    throw new TransportError('malformed', 'not JSON', { cause })
  }
}

function signAnswer(
  { clock, signingKey }: Trust,
  result: unknown,
  how: { readonly requestSignature: string; readonly wrongSignature: boolean },
): Answer {
  const body = JSON.stringify(result)
  const timestamp = String(clock.nowMs())
  const parts = { status: 200, requestSignature: how.requestSignature, timestamp }
  const signature = sm2Sign(signingKey, answerBytes(parts, utf8ToBytes(body)))
  if (how.wrongSignature) signature[40] = (signature[40] ?? 0) ^ 1
  return {
    status: 200,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      [headers.timestamp]: timestamp,
      [headers.signature]: bytesToBase64(signature),
    },
    body,
  }
}

/** What was booked, told wrongly: one 分 more. */
const withAnotherAmount = (answer: DebitAnswer | FindAnswer): DebitAnswer | FindAnswer =>
  'amountFen' in answer ? { ...answer, amountFen: String(BigInt(answer.amountFen) + 1n) } : answer

export interface SignedRoute<S extends z.ZodType> {
  /** By which faults choose it. */
  readonly name: string
  readonly url: string
  readonly schema: S
  readonly run: (input: z.output<S>, channelId: string) => Promise<DebitAnswer | FindAnswer>
}

/** Registers `POST` routes that take signed requests and give signed answers, faults included. */
export function signedRoutes(app: FastifyInstance, trust: Trust) {
  // The body is needed byte by byte, so JSON is left as it came within this scope.
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  )
  return <S extends z.ZodType>({ name, url, schema, run }: SignedRoute<S>): void => {
    app.route({
      method: 'POST',
      url,
      handler: (request, reply) =>
        applyFaults(trust.switches, {
          name,
          request,
          reply,
          work: async ({ wrongSignature, wrongAmount }) => {
            const { channelId, requestSignature, input } = await verify(trust, request)
            const result = await run(parseInput(schema, input), channelId)
            return signAnswer(trust, wrongAmount ? withAnotherAmount(result) : result, {
              requestSignature,
              wrongSignature,
            })
          },
        }),
    })
  }
}
