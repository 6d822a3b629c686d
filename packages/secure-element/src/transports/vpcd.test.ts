import { connect, createServer, type Server, type Socket } from 'node:net'
import { hexToBytes, bytesToHex } from '@anqu/encoding'
import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import type { CardConnection } from './card-connection.ts'
import { insertIntoVpcd, waitForVpcd } from './vpcd.ts'
import { encodeVpcdFrame, VpcdFrames } from './vpcd-frames.ts'

let reader: Server | undefined
afterEach(async () => {
  await new Promise((resolve) => (reader ? reader.close(resolve) : resolve(undefined)))
  reader = undefined
})

/** A stand-in for vpcd: takes one card and talks to it. */
async function readerWith(card: CardConnection, onState?: (state: string) => void) {
  const server = createServer()
  reader = server
  const connected = new Promise<Socket>((resolve) => server.once('connection', resolve))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  const slot = insertIntoVpcd(card, { port: address.port, ...(onState ? { onState } : {}) })
  const socket = await connected
  const frames = new VpcdFrames()
  const waiting: ((message: Uint8Array) => void)[] = []
  socket.on('data', (chunk) => frames.push(chunk).forEach((message) => waiting.shift()?.(message)))
  const tell = (hex: string) => socket.write(encodeVpcdFrame(hexToBytes(hex)))
  const ask = (hex: string) =>
    new Promise<string>((resolve) => {
      waiting.push((message) => resolve(bytesToHex(message)))
      tell(hex)
    })
  return { slot, ask, tell }
}

function echo(log: string[]): CardConnection {
  return {
    transmit: async (command) => {
      log.push(bytesToHex(command))
      if (command[1] === 0xff) throw new Error('dead')
      return Uint8Array.of(0x90, 0x00)
    },
    reset: async () => void log.push('reset'),
  }
}

test('the reader gets the answer to reset, commands and resets reach the card in order', async () => {
  const log: string[] = []
  const { slot, ask, tell } = await readerWith(echo(log))
  tell('01')
  expect(await ask('04')).toBe('3b80800101')
  expect(await ask('00a4040000')).toBe('9000')
  tell('02')
  tell('00')
  expect(await ask('00c0000000')).toBe('9000')
  expect(log).toEqual(['00a4040000', 'reset', 'reset', '00c0000000'])
  await slot.remove()
})

test('a card that fails answers 6581 instead of leaving the reader waiting', async () => {
  const { slot, ask } = await readerWith(echo([]))
  expect(await ask('00ff0000')).toBe('6581')
  await slot.remove()
})

test('messages survive any cutting of the stream', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 }),
      fc.integer({ min: 1, max: 50 }),
      (messages, step) => {
        const stream = Uint8Array.from(messages.flatMap((message) => [...encodeVpcdFrame(message)]))
        const frames = new VpcdFrames()
        const got: Uint8Array[] = []
        for (let at = 0; at < stream.length; at += step)
          got.push(...frames.push(stream.subarray(at, at + step)))
        expect(got).toEqual(messages)
      },
    ),
  )
})

test('a card that waits for its reader is reached on the loopback address, in the first slot only', async () => {
  const log: string[] = []
  const port = await freePort()
  const slot = await waitForVpcd(echo(log), { port })
  const ask = (to: number, hex: string) =>
    new Promise<string>((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port: to })
      socket.on('error', reject)
      const frames = new VpcdFrames()
      socket.on('data', (chunk) => {
        for (const message of frames.push(chunk)) {
          socket.destroy()
          resolve(bytesToHex(message))
        }
      })
      socket.write(encodeVpcdFrame(hexToBytes(hex)))
    })
  expect(await ask(port, '04')).toBe('3b80800101')
  expect(await ask(port, '00a4040000')).toBe('9000')
  expect(await ask(port + 1, '00a4040000')).toBe('6d00')
  expect(log.filter((entry) => entry !== 'reset')).toEqual(['00a4040000'])
  await slot.remove()
  await expect(ask(port, '04')).rejects.toThrow('ECONNREFUSED')
})

/** One of two free ports that follow each other. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  return Math.min(address.port, 65_534)
}
