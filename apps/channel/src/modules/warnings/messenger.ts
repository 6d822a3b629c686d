import type { Messenger, Way } from './needs.ts'

const timeoutMs = 5_000

const requestOf = (
  way: Way,
  { address, title, text, reference }: { address: string; title: string; text: string; reference: string },
): readonly [path: string, body: object] =>
  way === 'sms'
    ? ['/v1/messages', { phone: address, text: `${title}：${text}`, reference }]
    : ['/v1/notices', { way, address, title, text, reference }]

/** The operator of messages over HTTP. Throws when the operator did not take the message. */
export const createMessenger =
  (url: string): Messenger =>
  async ({ way, ...message }) => {
    const [path, body] = requestOf(way, message)
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMs),
    })
    await response.arrayBuffer()
    if (!response.ok) throw new Error(`the operator answered ${response.status}`)
  }
