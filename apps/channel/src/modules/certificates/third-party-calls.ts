import { bytesToHex, utf8ToBytes } from '@anqu/encoding'
import { hmacSm3, sm3 } from '@anqu/gm-crypto'
import type { Clock } from '@anqu/platform'
import { AuthorityRefused, AuthorityUnavailable } from './authority.ts'

export type ThirdPartyAccess = {
  readonly url: string
  /** What both sides hold; requests carry a code made with it. */
  readonly secret: Uint8Array
  readonly clock: Clock
}

const timeoutMs = 5_000
const longestAnswer = 64 * 1024

/** The other CA's HTTP: what it refuses becomes `AuthorityRefused` with its word, anything else `AuthorityUnavailable`. */
export function thirdPartyCalls({ url, secret, clock }: ThirdPartyAccess) {
  async function ask(path: string, init: RequestInit): Promise<{ status: number; bytes: Uint8Array }> {
    try {
      const response = await fetch(`${url}${path}`, {
        ...init,
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      })
      const bytes = new Uint8Array(await response.arrayBuffer())
      if (bytes.length > longestAnswer) throw new AuthorityUnavailable('an answer without an end')
      return { status: response.status, bytes }
    } catch (error) {
      throw error instanceof AuthorityUnavailable ? error : new AuthorityUnavailable(String(error))
    }
  }

  const textOf = ({ bytes }: { bytes: Uint8Array }): string => new TextDecoder().decode(bytes)

  return {
    async post(
      path: string,
      headers: Record<string, string> = {},
      body: Uint8Array | string = '',
    ): Promise<string> {
      const bytes = typeof body === 'string' ? utf8ToBytes(body) : body
      const time = String(clock.nowMs())
      const code = hmacSm3(secret, utf8ToBytes(`POST\n${path}\n${time}\n${bytesToHex(sm3(bytes))}`))
      const answer = await ask(path, {
        method: 'POST',
        headers: {
          'content-type':
            typeof body === 'string' ? 'application/x-www-form-urlencoded' : 'application/pkcs10',
          'x-access-time': time,
          'x-access-code': bytesToHex(code),
          ...headers,
        },
        body: new Uint8Array(bytes),
      })
      if (answer.status === 200) return textOf(answer)
      if (answer.status === 404 || answer.status === 422)
        throw new AuthorityRefused(textOf(answer).slice(0, 40))
      throw new AuthorityUnavailable(`it answered ${answer.status}`)
    },
    /** Undefined where there is nothing of that name. */
    async get(path: string): Promise<string | undefined> {
      const answer = await ask(path, { method: 'GET' })
      if (answer.status === 404) return undefined
      if (answer.status !== 200) throw new AuthorityUnavailable(`it answered ${answer.status}`)
      return textOf(answer)
    },
    async status(question: Uint8Array): Promise<Uint8Array> {
      const headers = { 'content-type': 'application/ocsp-request' }
      const answer = await ask('/ocsp', { method: 'POST', headers, body: new Uint8Array(question) })
      if (answer.status !== 200) throw new AuthorityUnavailable(`it answered ${answer.status}`)
      return answer.bytes
    },
  }
}
