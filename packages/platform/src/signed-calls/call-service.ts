import { base64ToBytes, bytesToBase64, bytesToHex, bytesToUtf8, utf8ToBytes } from '@anqu/encoding'
import { randomBytes, sm2Sign, type Sm2PrivateKey } from '@anqu/gm-crypto'
import type { z } from 'zod'
import type { Clock } from '../clock.ts'
import { answerBytes, callHeaders, requestBytes } from './signed-call.ts'

/** The service did not answer, or not in a way that can be trusted. */
export class ServiceUnavailable extends Error {
  constructor(why: string) {
    super(`the service is unavailable: ${why}`)
    this.name = 'ServiceUnavailable'
  }
}

/** The service refused, and signed that. */
export class ServiceRefused extends Error {
  readonly code: string
  constructor(code: string) {
    super(`the service refused: ${code}`)
    this.name = 'ServiceRefused'
    this.code = code
  }
}

export type ServiceCall = <S extends z.ZodType>(path: string, body: object, schema: S) => Promise<z.output<S>>

export type ServiceCallOptions = {
  readonly protocol: string
  readonly url: string
  readonly caller: string
  readonly key: Sm2PrivateKey
  readonly clock: Clock
  /** Verifies the service's signature over an answer. */
  readonly verify: (message: Uint8Array, signature: Uint8Array) => boolean
}

const timeoutMs = 5_000
const maxAnswerBytes = 1024 * 1024

/**
 * Signed calls of one caller to one service.
 * @throws ServiceUnavailable, ServiceRefused
 */
export function createServiceCall(options: ServiceCallOptions): ServiceCall {
  const { protocol, url, caller, key, clock, verify } = options
  return async (route, body, schema) => {
    const bytes = utf8ToBytes(JSON.stringify(body))
    const head = {
      path: route,
      caller,
      timestamp: String(clock.nowMs()),
      nonce: bytesToHex(randomBytes(16)),
    }
    const signature = bytesToBase64(sm2Sign(key, requestBytes(protocol, head, bytes)))
    const { status, headers, answer } = await post(`${url}${route}`, bytes, {
      [callHeaders.caller]: caller,
      [callHeaders.timestamp]: head.timestamp,
      [callHeaders.nonce]: head.nonce,
      [callHeaders.signature]: signature,
    })
    const given = headers.get(callHeaders.signature) ?? ''
    const signed = answerBytes(protocol, { status, requestSignature: signature }, answer)
    if (!/^[A-Za-z0-9+/]{86}==$/.test(given) || !verify(signed, base64ToBytes(given)))
      throw new ServiceUnavailable(`answer ${status} is not signed by the service`)
    const value: unknown = JSON.parse(bytesToUtf8(answer))
    if (status !== 200) throw new ServiceRefused(refusalIn(value) ?? `status ${status}`)
    return schema.parse(value)
  }
}

function refusalIn(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('refused' in value)) return undefined
  return typeof value.refused === 'string' ? value.refused : undefined
}

async function post(
  url: string,
  body: Uint8Array,
  headers: Record<string, string>,
): Promise<{ status: number; headers: Headers; answer: Uint8Array }> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      body: new Uint8Array(body),
      headers: { 'content-type': 'application/json', ...headers },
      signal: AbortSignal.timeout(timeoutMs),
    })
    const answer = new Uint8Array(await response.arrayBuffer())
    if (answer.length > maxAnswerBytes) throw new ServiceUnavailable('the answer is too long')
    return { status: response.status, headers: response.headers, answer }
  } catch (error) {
    if (error instanceof ServiceUnavailable) throw error
    throw new ServiceUnavailable(error instanceof Error ? error.name : 'no answer')
  }
}
