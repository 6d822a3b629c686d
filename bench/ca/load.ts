import { connect, type Socket } from 'node:net'

/** One request as it goes over the wire. */
export type WireRequest = Buffer

export function wireRequest(method: 'GET' | 'POST', path: string, body?: Uint8Array, type = ''): WireRequest {
  const head = `${method} ${path} HTTP/1.1\r\nhost: ca.example\r\n`
  if (body === undefined) return Buffer.from(`${head}\r\n`, 'latin1')
  const length = `content-type: ${type}\r\ncontent-length: ${body.length}\r\n\r\n`
  return Buffer.concat([Buffer.from(head + length, 'latin1'), body])
}

const bodyStart = Buffer.from('\r\n\r\n')

/** Length of the whole answer at the start of `bytes`, undefined while it is not there yet. */
function answerLength(bytes: Buffer): number | undefined {
  const end = bytes.indexOf(bodyStart)
  if (end < 0) return undefined
  const head = bytes.toString('latin1', 0, end).toLowerCase()
  if (!head.startsWith('http/1.1 200')) throw new Error(`answered ${head.split('\r\n')[0]}`)
  const length = /\r\ncontent-length: (\d+)/.exec(head)?.[1]
  if (length === undefined) throw new Error('an answer without length')
  const whole = end + bodyStart.length + Number(length)
  return bytes.length >= whole ? whole : undefined
}

function onOneConnection(socket: Socket, next: () => WireRequest | undefined): Promise<void> {
  let received: Buffer = Buffer.alloc(0)
  return new Promise((resolve, reject) => {
    const send = (): void => {
      const request = next()
      if (request === undefined) socket.end(resolve)
      else socket.write(request)
    }
    socket.on('error', reject)
    socket.on('data', (chunk) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
      try {
        const length = answerLength(received)
        if (length === undefined) return
        received = received.subarray(length)
        send()
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)))
      }
    })
    send()
  })
}

/** Sends the requests over some connections, one at a time on each; answers per second. */
export async function load(url: string, requests: readonly WireRequest[], connections = 64): Promise<number> {
  const { hostname, port } = new URL(url)
  let at = 0
  const startedAt = performance.now()
  await Promise.all(
    Array.from({ length: connections }, () => {
      const socket = connect({ host: hostname, port: Number(port), noDelay: true })
      return onOneConnection(socket, () => requests[at++])
    }),
  )
  return requests.length / ((performance.now() - startedAt) / 1000)
}
