import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { RawAnswer, RawRequest } from './interference.ts'

/** What belongs to one connection and is not handed on. The body arrives unpacked. */
const ofTheConnection =
  /^(?:host|connection|keep-alive|transfer-encoding|content-length|content-encoding|set-cookie)$/
const longestBody = 1024 * 1024

export type Relay = { readonly url: string; close(): void }

async function read(request: IncomingMessage, address: string): Promise<RawRequest> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request) {
    chunks.push(chunk as Buffer) // a stream without encoding yields buffers
    length += (chunk as Buffer).length
    if (length > longestBody) throw new RangeError('the request is too long')
  }
  const headers = Object.fromEntries(
    Object.entries(request.headers).flatMap(([name, value]) =>
      typeof value === 'string' && !ofTheConnection.test(name) ? [[name, value]] : [],
    ),
  )
  const url = `${address}${request.url ?? '/'}`
  return request.method === 'POST'
    ? { url, method: 'POST', headers, body: new Uint8Array(Buffer.concat(chunks)) }
    : { url, method: 'GET', headers }
}

/**
 * An address for a browser whose every request goes the way of a check, so that an interference reaches it. A browser's own
 * rules about origins stay in force, which they do not where answers are put into it.
 */
export async function relayTo(
  address: string,
  send: (request: RawRequest) => Promise<RawAnswer>,
): Promise<Relay> {
  const server: Server = createServer(async (request, response) => {
    try {
      const { status, headers, cookies, body } = await send(await read(request, address))
      const kept = Object.entries(headers).filter(([name]) => !ofTheConnection.test(name))
      response.writeHead(status, { ...Object.fromEntries(kept), 'set-cookie': [...cookies] })
      response.end(body)
    } catch {
      response.destroy() // as a server that is gone
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const at = server.address()
  return {
    url: `http://127.0.0.1:${typeof at === 'object' && at !== null ? at.port : 0}`,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
