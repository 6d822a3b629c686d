import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { hexToBytes } from '@anqu/encoding'
import { build } from 'vite'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { SecureElement } from '../host/secure-element.ts'
import { CardConnectionLost } from './card-connection.ts'
import { decodeFrames, encodeFrames, FrameKind } from './message-frames.ts'
import { CardPort, type MessageEndpoint } from './message-port.ts'
import { SharedLane } from './shared-lane.ts'
import { SLOT_BYTES, SLOT_CAPACITY } from './shared-slot.ts'

const SELECT = hexToBytes('00a4040007f0414e5155010100')
const GET_CHALLENGE = hexToBytes('0084000008')
beforeEach(() => void vi.stubGlobal('crossOriginIsolated', true))
afterEach(() => void vi.unstubAllGlobals())

/** Both ends of a lane in one thread, and what goes beside it. */
function twoEnds() {
  const posted: unknown[] = []
  let deliver: (event: { data: unknown }) => void = () => undefined
  const endpoint: MessageEndpoint = {
    postMessage: (message, transfer) => void posted.push(structuredClone(message, { transfer })),
    addEventListener: (_, listener) => void (deliver = listener),
  }
  const page = SharedLane.offer(endpoint)
  const memory = posted.pop()
  const worker = SharedLane.accept(memory)
  if (page === undefined || worker === undefined || !(memory instanceof SharedArrayBuffer))
    throw new Error('there is no lane')
  const areas = [8, SLOT_BYTES + 8].map((from) => new Uint8Array(memory, from, SLOT_CAPACITY))
  const bytes = (): number[] => areas.flatMap((area) => Array.from(area).filter((byte) => byte !== 0))
  return { page, worker, endpoint, posted, bytes, deliver: (data: unknown) => deliver({ data }) }
}

/** A card in a thread of its own. */
async function cardThread() {
  const entry = fileURLToPath(new URL('../testing/lane-worker.ts', import.meta.url))
  const built = await build({
    configFile: false,
    logLevel: 'error',
    resolve: { conditions: ['anqu-source', 'module', 'node'] },
    ssr: { noExternal: true },
    build: { ssr: entry, write: false, rollupOptions: { output: { format: 'cjs' } } },
  })
  const [{ output: [{ code = '' } = {}] = [] } = {}] = [built].flat() as { output: { code?: string }[] }[]
  const thread = new Worker(code, { eval: true })
  const counted = { posted: 0 }
  const endpoint: MessageEndpoint = {
    postMessage: (message, transfer) => {
      counted.posted += 1
      thread.postMessage(message, transfer)
    },
    addEventListener: (_, listener) => thread.on('message', (data: unknown) => listener({ data })),
  }
  const port = new CardPort(endpoint, SharedLane.offer(endpoint))
  thread.on('exit', () => port.fail(new CardConnectionLost('the thread ended')))
  return { port, thread, counted }
}

test('there is a lane on an isolated page only, and only memory of its size is one', () => {
  const endpoint = { postMessage: vi.fn(), addEventListener: vi.fn() }
  vi.stubGlobal('crossOriginIsolated', false)
  expect(SharedLane.offer(endpoint)).toBeUndefined()
  expect(endpoint.postMessage).not.toHaveBeenCalled()
  for (const data of [undefined, {}, new ArrayBuffer(64), new SharedArrayBuffer(64), new Uint8Array(8)])
    expect(SharedLane.accept(data)).toBeUndefined()
})

test('request and answer go through the memory and leave nothing in it', async () => {
  const { page, worker, endpoint, posted, bytes } = twoEnds()
  const port = new CardPort(endpoint, page)
  worker.beginTurn()
  worker.beginListening()
  const answer = port.transmit(SELECT)
  const [request] = decodeFrames(worker.hangUp()) ?? []
  expect(request).toMatchObject({ kind: FrameKind.commands, parts: [SELECT] })
  expect(
    worker.send(
      encodeFrames([{ id: request?.id ?? 0, kind: FrameKind.answers, parts: [hexToBytes('9000')] }]),
    ),
  ).toBe(true)
  expect(await answer).toEqual(hexToBytes('9000'))
  expect(posted).toEqual([])
  expect(bytes()).toEqual([])
})

test('a request that is not fetched in time is taken back and goes by message', async () => {
  const { page, worker, endpoint, posted, bytes, deliver } = twoEnds()
  const port = new CardPort(endpoint, page)
  worker.beginTurn()
  worker.beginListening()
  const answer = port.transmit(SELECT)
  expect(posted).toEqual([])
  await Promise.resolve()
  const [request] = decodeFrames(posted[0]) ?? []
  expect(request?.parts).toEqual([SELECT])
  expect(worker.hangUp()).toBeUndefined()
  expect(bytes()).toEqual([])
  deliver(encodeFrames([{ id: request?.id ?? 0, kind: FrameKind.answers, parts: [hexToBytes('9000')] }]))
  expect(await answer).toEqual(hexToBytes('9000'))
})

test('what is asked beside another command, or is too long for the memory, goes by message', async () => {
  const { page, worker, endpoint, posted } = twoEnds()
  const port = new CardPort(endpoint, page)
  worker.beginTurn()
  worker.beginListening()
  void port.transmit(SELECT)
  void port.transmit(GET_CHALLENGE)
  await new Promise((resolve) => queueMicrotask(() => queueMicrotask(() => resolve(undefined))))
  expect(posted.flatMap((message) => decodeFrames(message) ?? [])).toMatchObject([{ parts: [GET_CHALLENGE] }])
  expect(decodeFrames(worker.hangUp())).toMatchObject([{ parts: [SELECT] }])

  const other = twoEnds()
  other.worker.beginTurn()
  other.worker.beginListening()
  void new CardPort(other.endpoint, other.page).transmit(new Uint8Array(10_000))
  expect(decodeFrames(other.posted[0])).toMatchObject([{ parts: [{ length: 10_000 }] }])
  expect(other.worker.hangUp()).toBeUndefined()
})

test('a command does not overtake one that went by message', async () => {
  const { page, worker, endpoint, posted } = twoEnds()
  const port = new CardPort(endpoint, page)
  void port.transmit(SELECT)
  worker.beginTurn()
  worker.beginListening()
  void port.transmit(GET_CHALLENGE)
  expect(worker.hangUp()).toBeUndefined()
  await Promise.resolve()
  await Promise.resolve()
  const messages = posted.map((message) => decodeFrames(message))
  expect(messages).toMatchObject([[{ parts: [SELECT] }], [{ parts: [GET_CHALLENGE] }]])
})

test('when the other end is gone, a request that nobody fetched fails and leaves no PIN behind', async () => {
  const { page, worker, endpoint, bytes } = twoEnds()
  const port = new CardPort(endpoint, page)
  worker.beginTurn()
  worker.beginListening()
  const waiting = port.transmit(hexToBytes('002000800732343638313335'))
  expect(bytes()).not.toEqual([])
  port.fail(new CardConnectionLost('gone'))
  expect(bytes()).toEqual([])
  await expect(waiting).rejects.toThrow(CardConnectionLost)
})

test('a card in another thread answers everything, in order, and some of it through the memory', async () => {
  const { port, thread, counted } = await cardThread()
  try {
    const element = new SecureElement(port)
    await element.setPin('2468135')
    await element.generateKeyPair('a', '2468135')
    await expect(element.verifyPin('000000')).rejects.toMatchObject({ code: 'se.pin-wrong', triesLeft: 5 })
    await port.transmit(SELECT)
    let asked = 0
    const before = counted.posted
    // A busy machine may leave both threads on one processor for a while, where messages are the better way.
    for (; availableParallelism() > 1 && counted.posted - before === asked; asked++)
      expect(await port.transmit(GET_CHALLENGE)).toHaveLength(8 + 2)
    for (let size = 1; size <= 64; size++)
      expect(await port.transmitAll(Array.from({ length: size }, () => GET_CHALLENGE))).toHaveLength(size)
    const lengths = Array.from({ length: 150 }, (_, at) => 1 + (at % 16))
    const answers = await Promise.all(
      lengths.map((length) => port.transmit(Uint8Array.of(0, 0x84, 0, 0, length))),
    )
    expect(answers.map((answer) => answer.length - 2)).toEqual(lengths)
  } finally {
    await thread.terminate()
  }
})

test('a thread that ends while it is asked fails what waits and what comes after', async () => {
  const { port, thread } = await cardThread()
  await port.transmit(SELECT)
  const waiting = Array.from({ length: 5 }, () => port.transmit(GET_CHALLENGE))
  const ended = thread.terminate()
  const outcomes = await Promise.allSettled(waiting)
  await ended
  for (const outcome of outcomes)
    if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(CardConnectionLost)
  await expect(port.transmit(SELECT)).rejects.toThrow(CardConnectionLost)
})
