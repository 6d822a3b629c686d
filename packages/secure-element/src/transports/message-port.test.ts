import { MessageChannel } from 'node:worker_threads'
import { hexToBytes } from '@anqu/encoding'
import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { SecureElement } from '../host/secure-element.ts'
import { MemoryCard } from '../storage/memory-card-storage.ts'
import { testCard } from '../testing/test-card.ts'
import { CardConnectionLost, type CardConnection } from './card-connection.ts'
import { decodeFrames, encodeFrames, FrameKind, type Frame } from './message-frames.ts'
import { CardPort, connectCard, serveCard, type MessageEndpoint } from './message-port.ts'

const anyFrame: fc.Arbitrary<Frame> = fc.record({
  id: fc.nat(0xffff_ffff),
  kind: fc.constantFrom(...Object.values(FrameKind)),
  parts: fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 64 }),
})
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
      postMessage: (message, transfer) => port.postMessage(message, transfer),
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
      postMessage: (message) => seen.push(...(decodeFrames(message) ?? [])),
      addEventListener: (_, listener) => void (deliver = listener),
    },
    testCard(new MemoryCard().holder()),
  )
  const reset = (id: number): Frame => ({ id, kind: FrameKind.reset, parts: [] })
  const whole = encodeFrames([{ id: 1, kind: FrameKind.commands, parts: [hexToBytes('80ca000000')] }])
  for (const data of [
    undefined,
    null,
    'x',
    {},
    [reset(1)],
    new Uint8Array(0),
    ...Array.from({ length: whole.length - 1 }, (_, length) => whole.slice(0, length + 1)),
    Uint8Array.from([...whole, 0]),
    hexToBytes('000000010401'), // a kind there is not
    hexToBytes('00000001024100'), // too many parts
    hexToBytes('000000010101ffffffff'), // a part longer than its message
    inSharedMemory(whole), // the page could change it between the look at it and its use
    encodeFrames([reset(1), { id: 2, kind: FrameKind.answers, parts: [] }]),
    encodeFrames(Array.from({ length: 65 }, (_, id) => reset(id))),
  ])
    deliver({ data })
  deliver({ data: encodeFrames([reset(7)]) })
  await new Promise((resolve) => setImmediate(resolve))
  expect(seen).toMatchObject([{ id: 7, kind: FrameKind.answers }])
})

function inSharedMemory(bytes: Uint8Array): Uint8Array {
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length))
  shared.set(bytes)
  return shared
}

test('what is asked while the card works goes in one message, in order, whatever its sender does with the bytes', async () => {
  const messages: number[] = []
  const channel = new MessageChannel()
  open.push(channel)
  serveCard(
    {
      postMessage: (message, transfer) => channel.port2.postMessage(message, transfer),
      addEventListener: (_, listener) => channel.port2.on('message', (data: unknown) => listener({ data })),
    },
    testCard(new MemoryCard().holder()),
  )
  const port = new CardPort({
    postMessage: (message, transfer) => {
      messages.push(decodeFrames(message)?.length ?? 0)
      channel.port1.postMessage(message, transfer)
    },
    addEventListener: (_, listener) => channel.port1.on('message', (data: unknown) => listener({ data })),
  })
  const select = hexToBytes('00a4040007f0414e5155010100')
  const commands = [
    select,
    ...Array.from({ length: 70 }, (_, at) => hexToBytes(at === 69 ? '0084000008' : '80ca000000')),
  ]
  const answers = Promise.all(commands.map((command) => port.transmit(command)))
  for (const command of commands) command.fill(0xff)
  const lengths = (await answers).map(({ length }) => length)
  expect(lengths).toEqual([13 + 2, ...Array.from({ length: 69 }, () => 10 + 2), 8 + 2])
  expect(messages).toEqual([1, 64, 6])
  await expect(port.transmitAll(Array.from({ length: 65 }, () => select))).rejects.toThrow(RangeError)
})

test('a message keeps frames of any content apart', () => {
  fc.assert(
    fc.property(fc.array(anyFrame, { maxLength: 64 }), (frames) => {
      expect(decodeFrames(encodeFrames(frames))).toEqual(frames)
    }),
  )
})

test('when the other end is gone, what waits and what comes after it fails', async () => {
  const port = new CardPort({ postMessage: () => undefined, addEventListener: () => undefined })
  const waiting = port.transmit(hexToBytes('80ca000000'))
  port.fail(new CardConnectionLost('gone'))
  await expect(waiting).rejects.toThrow(CardConnectionLost)
  await expect(port.reset()).rejects.toThrow(CardConnectionLost)
})
