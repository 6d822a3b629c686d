import type { Carrier } from './sealed-transport.ts'

const sealedMax = 1024 * 1024

async function carry(url: string, init: RequestInit): Promise<{ response: Response; body: Uint8Array }> {
  const response = await fetch(url, { method: 'POST', redirect: 'error', ...init })
  const body = new Uint8Array(await response.arrayBuffer())
  if (body.length > sealedMax) throw new RangeError('the answer is too long')
  return { response, body }
}

/** For browsers: same origin, and the browser keeps the session cookie out of every script's reach. */
export const browserCarrier: Carrier = async (path, { body, headers }) => {
  const { response, body: answer } = await carry(path, {
    headers,
    body: new Uint8Array(body),
    credentials: 'same-origin',
    cache: 'no-store',
  })
  return { status: response.status, type: response.headers.get('content-type') ?? '', body: answer }
}

/** For Node: one server, its cookies kept in memory. */
export function nodeCarrier(baseUrl: string, timeoutMs = 30_000): Carrier {
  const cookies = new Map<string, string>()
  return async (path, { body, headers }) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const { response, body: answer } = await carry(`${baseUrl}${path}`, {
      headers: { ...headers, ...(cookie === '' ? {} : { cookie }) },
      body: new Uint8Array(body),
      signal: AbortSignal.timeout(timeoutMs),
    })
    for (const line of response.headers.getSetCookie()) {
      const [pair = ''] = line.split(';', 1)
      const [name = '', value = ''] = pair.split('=', 2)
      if (value === '') cookies.delete(name)
      else cookies.set(name, value)
    }
    return { status: response.status, type: response.headers.get('content-type') ?? '', body: answer }
  }
}
