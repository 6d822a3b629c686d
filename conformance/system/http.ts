import type { Interference, RawAnswer, RawRequest } from './interference.ts'

const timeoutMs = 30_000
const longest = 4 * 1024 * 1024

/** One HTTP request as it is, without following anything. */
export async function sendRaw(
  request: RawRequest,
  interference: Interference | undefined,
): Promise<RawAnswer> {
  const proceed = async (): Promise<RawAnswer> => {
    const response = await fetch(request.url, {
      method: request.method,
      headers: { ...request.headers },
      ...(request.body === undefined ? {} : { body: new Uint8Array(request.body) }),
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    })
    const body = new Uint8Array(await response.arrayBuffer())
    if (body.length > longest) throw new RangeError('the answer is too long')
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      cookies: response.headers.getSetCookie(),
      body,
    }
  }
  return interference?.http === undefined ? proceed() : interference.http(request, proceed)
}

export const jsonOf = (answer: RawAnswer): unknown => JSON.parse(new TextDecoder().decode(answer.body))
