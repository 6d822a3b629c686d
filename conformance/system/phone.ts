import { z } from 'zod'
import type { Interference, TextMessage } from './interference.ts'

const shown = z.object({ kind: z.string(), shows: z.string() })
const inbox = z.object({
  messages: z.array(z.object({ phone: z.string(), text: z.string(), atMs: z.number() })),
})

/** The customer's phone and eyes: text messages from the inbox of the stand-in, pictures by its witness. */
export function createPhone(needs: {
  addressOf: (name: string) => string
  clock: { nowMs(): number }
  interference: () => Interference | undefined
}): {
  shows(pictureId: string): Promise<string>
  message(phone: string, sinceMs: number): Promise<TextMessage>
  messages(phone: string): Promise<TextMessage[]>
} {
  const { addressOf, clock, interference } = needs
  const get = async (url: string): Promise<unknown> => {
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000) })
    if (!response.ok) throw new Error(`${new URL(url).pathname} answered ${response.status}`)
    return response.json()
  }
  const messages = async (phone: string): Promise<TextMessage[]> => {
    const found = inbox.parse(await get(`${addressOf('smsInbox')}/v1/messages?phone=${phone}`)).messages
    const disturb = interference()?.message
    return disturb === undefined ? found : found.map(disturb)
  }
  return {
    messages,
    async shows(pictureId) {
      const { shows } = shown.parse(await get(`${addressOf('witness')}/pictures/${pictureId}`))
      return interference()?.picture?.(pictureId, shows) ?? shows
    },
    async message(phone, sinceMs) {
      const untilMs = clock.nowMs() + 5_000
      for (;;) {
        const newest = (await messages(phone))
          .filter(({ atMs }) => atMs >= sinceMs)
          .toSorted((a, b) => b.atMs - a.atMs)[0]
        if (newest !== undefined) return newest
        if (clock.nowMs() > untilMs) throw new Error('no text message came')
        await new Promise((resume) => setTimeout(resume, 50))
      }
    },
  }
}
