import { MessageChannel } from 'node:worker_threads'
import { afterEach, expect, test } from 'vitest'
import { SecureElement } from '../host/secure-element.ts'
import { MemoryCard } from '../storage/memory-card-storage.ts'
import { testCard } from '../testing/test-card.ts'
import type { CardConnection } from './card-connection.ts'
import { connectCard, serveCard, type MessageEndpoint } from './message-port.ts'

const open: MessageChannel[] = []
afterEach(() => {
  for (const { port1, port2 } of open.splice(0)) {
    port1.close()
    port2.close()
  }
})

/** A card behind a real message channel, with structured cloning in between. */
function remote(card: CardConnection): CardConnection {
  const channel = new MessageChannel()
  open.push(channel)
  const [page, worker] = [channel.port1, channel.port2].map((port): MessageEndpoint => {
    port.start()
    return {
      postMessage: (message) => port.postMessage(message),
      addEventListener: (_, listener) => port.on('message', (data: unknown) => listener({ data })),
    }
  })
  if (page === undefined || worker === undefined) throw new Error('a channel has two ports')
  serveCard(worker, card)
  return connectCard(page)
}

test('the host interface works the same across a message channel', async () => {
  const element = new SecureElement(remote(testCard(new MemoryCard().holder())))
  await element.setPin('2468135')
  const [publicKey] = await Promise.all([
    element.generateKeyPair('a', '2468135'),
    element.status(),
    element.random(16),
  ])
  expect(publicKey.bytes.length).toBe(65)
  await expect(element.sign('a', '000000', new Uint8Array(1))).rejects.toMatchObject({
    code: 'se.pin-wrong',
    triesLeft: 5,
  })
})

test('a storage error crosses the channel by its name', async () => {
  const medium = new MemoryCard()
  const element = new SecureElement(remote(testCard(medium.holder())))
  await element.setPin('2468135')
  await new SecureElement(testCard(medium.holder())).status()
  await expect(element.verifyPin('2468135')).rejects.toMatchObject({ code: 'se.released' })
  await element.reset()
  await element.verifyPin('2468135')
})

test('messages that are none of ours are ignored', async () => {
  const seen: unknown[] = []
  let deliver: (event: { data: unknown }) => void = () => undefined
  serveCard(
    {
      postMessage: (message) => seen.push(message),
      addEventListener: (_, listener) => void (deliver = listener),
    },
    testCard(new MemoryCard().holder()),
  )
  for (const data of [
    undefined,
    null,
    'x',
    {},
    { id: 1 },
    { id: 1, kind: 'transmit', apdu: 'x' },
    { id: '1', kind: 'reset' },
  ])
    deliver({ data })
  deliver({ data: { id: 7, kind: 'reset' } })
  await new Promise((resolve) => setImmediate(resolve))
  expect(seen).toMatchObject([{ id: 7 }])
})
