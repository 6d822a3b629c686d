import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createWorld, keyNamed, ROUTE, text, type World } from './testing/test-parties.ts'

const refusal = (code: string): Error => expect.objectContaining({ name: 'MessageError', code })

const flip = (bytes: Uint8Array, bit: number): Uint8Array => {
  const changed = bytes.slice()
  changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  return changed
}

async function answered(world: World, answer: string) {
  const channel = await world.newChannel()
  const { record, sequence } = channel.seal(ROUTE, text('question'))
  const opened = await world.server.open(channel.idHex, ROUTE, record)
  return { channel, sequence, opened, request: record, response: opened.seal(text(answer)) }
}

describe('records', () => {
  it('carry any content there and back', async () => {
    const { server, newChannel } = await createWorld()
    const channel = await newChannel()
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 3000 }),
        fc.uint8Array({ maxLength: 3000 }),
        async (ask, tell) => {
          const { record, sequence } = channel.seal(ROUTE, ask)
          const opened = await server.open(channel.idHex, ROUTE, record)
          expect(opened.plaintext).toEqual(ask)
          expect(channel.open(ROUTE, sequence, opened.seal(tell))).toEqual(tell)
        },
      ),
    )
  })

  it('show the length of their content only in steps of 64 bytes', async () => {
    const { newChannel } = await createWorld()
    const channel = await newChannel()
    const lengths = Array.from(
      { length: 120 },
      (_, n) => channel.seal(ROUTE, new Uint8Array(n)).record.length,
    )
    expect(new Set(lengths)).toEqual(new Set([50 + 64, 50 + 128, 50 + 192]))
  })

  it('differ in every byte string sent, though the content is the same', async () => {
    const { newChannel } = await createWorld()
    const channel = await newChannel()
    const sealed = Array.from({ length: 50 }, () =>
      channel.seal(ROUTE, text('same')).record.subarray(34).join(),
    )
    expect(new Set(sealed).size).toBe(50)
  })

  it('are refused with any single bit changed, and the genuine one is still accepted after that', async () => {
    const { server, newChannel } = await createWorld()
    const channel = await newChannel()
    const { record } = channel.seal(ROUTE, text('pay 100'))
    for (let bit = 0; bit < record.length * 8; bit += 1)
      await expect(server.open(channel.idHex, ROUTE, flip(record, bit))).rejects.toMatchObject({
        name: 'MessageError',
        code: bit < 16 ? 'message.malformed' : 'message.tampered',
      })
    await expect(server.open(channel.idHex, ROUTE, record)).resolves.toMatchObject({ sequence: 1n })
  })

  it('as answers are refused with any single bit changed', async () => {
    const { channel, sequence, response } = await answered(await createWorld(), 'paid')
    for (let bit = 0; bit < response.length * 8; bit += 1)
      expect(() => channel.open(ROUTE, sequence, flip(response, bit))).toThrow(
        expect.objectContaining({ name: 'MessageError' }),
      )
    expect(channel.open(ROUTE, sequence, response)).toEqual(text('paid'))
  })

  it('are accepted only in rising order, each once, whatever order they arrive in', async () => {
    const order = fc.array(fc.nat(9), { minLength: 1, maxLength: 30 })
    const { server, newChannel } = await createWorld()
    await fc.assert(
      fc.asyncProperty(order, async (arrivals) => {
        const channel = await newChannel()
        const records = Array.from({ length: 10 }, (_, n) => channel.seal(ROUTE, Uint8Array.of(n)).record)
        let last = -1
        for (const arrival of arrivals) {
          const attempt = server.open(channel.idHex, ROUTE, records[arrival] ?? new Uint8Array(0))
          if (arrival > last) {
            expect((await attempt).plaintext).toEqual(Uint8Array.of(arrival))
            last = arrival
          } else await expect(attempt).rejects.toEqual(refusal('message.replayed'))
        }
      }),
      { numRuns: 25 },
    )
  })

  it('opened by many at the same moment are accepted by exactly one', async () => {
    const { server, newChannel } = await createWorld()
    const channel = await newChannel()
    for (let round = 0; round < 10; round += 1) {
      const { record } = channel.seal(ROUTE, text('once'))
      const opens = Array.from({ length: 20 }, () => server.open(channel.idHex, ROUTE, record))
      const results = await Promise.allSettled(opens)
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      for (const result of results)
        if (result.status === 'rejected') expect(result.reason).toEqual(refusal('message.replayed'))
    }
  })
})

describe('attacks on records', () => {
  it('a request reflected to the client is refused', async () => {
    const { newChannel } = await createWorld()
    const channel = await newChannel()
    const { record, sequence } = channel.seal(ROUTE, text('ask'))
    expect(() => channel.open(ROUTE, sequence, record)).toThrow(refusal('message.malformed'))
    const retyped = record.slice()
    retyped[1] = 5
    expect(() => channel.open(ROUTE, sequence, retyped)).toThrow(refusal('message.tampered'))
  })

  it('an answer reflected to the server is refused', async () => {
    const world = await createWorld()
    const { channel, response } = await answered(world, 'tell')
    const { server } = world
    await expect(server.open(channel.idHex, ROUTE, response)).rejects.toEqual(refusal('message.malformed'))
    const retyped = response.slice()
    retyped[1] = 4
    await expect(server.open(channel.idHex, ROUTE, retyped)).rejects.toEqual(refusal('message.tampered'))
  })

  it('a record moved to another route is refused', async () => {
    const { server, newChannel } = await createWorld()
    const channel = await newChannel()
    const { record } = channel.seal('POST /api/v1/balance', text('{}'))
    for (const route of ['POST /api/v1/transfer', 'GET /api/v1/balance', 'POST /api/v1/balance/'])
      await expect(server.open(channel.idHex, route, record)).rejects.toEqual(refusal('message.tampered'))
  })

  it('an answer moved to another route or another request is refused', async () => {
    const { channel, sequence, response } = await answered(await createWorld(), 'tell')
    const next = channel.seal(ROUTE, text('next'))
    expect(() => channel.open('POST /other', sequence, response)).toThrow(refusal('message.tampered'))
    expect(() => channel.open(ROUTE, next.sequence, response)).toThrow(refusal('message.tampered'))
  })

  it('a record moved to another channel of the same client is refused', async () => {
    const { server, newChannel } = await createWorld()
    const [one, two] = [await newChannel(), await newChannel()]
    const { record } = one.seal(ROUTE, text('x'))
    await expect(server.open(two.idHex, ROUTE, record)).rejects.toEqual(refusal('message.tampered'))
    const relabelled = record.slice()
    relabelled.set(two.seal(ROUTE, text('y')).record.subarray(2, 18), 2)
    await expect(server.open(two.idHex, ROUTE, relabelled)).rejects.toEqual(refusal('message.tampered'))
  })

  it('a record of one client never opens as one of another', async () => {
    const { server, newChannel } = await createWorld()
    const [mine, theirs] = [await newChannel(), await newChannel(keyNamed('another client'))]
    const { record } = mine.seal(ROUTE, text('x'))
    await expect(server.open(theirs.idHex, ROUTE, record)).rejects.toEqual(refusal('message.tampered'))
    const opened = await server.open(theirs.idHex, ROUTE, theirs.seal(ROUTE, text('z')).record)
    expect(opened.clientKey.equals(keyNamed('another client').publicKey)).toBe(true)
  })

  it('an answer is opened once and cannot be sealed twice', async () => {
    const { channel, sequence, response, opened } = await answered(await createWorld(), 'tell')
    expect(channel.open(ROUTE, sequence, response)).toEqual(text('tell'))
    expect(() => channel.open(ROUTE, sequence, response)).toThrow(refusal('message.replayed'))
    expect(() => opened.seal(text('another'))).toThrow('answered already')
  })

  it('a record held back beyond the window is refused on both sides', async () => {
    const world = await createWorld()
    const { clock, server } = world
    const channel = await world.newChannel()
    const held = channel.seal(ROUTE, text('x'))
    const { channel: asker, sequence, response } = await answered(world, 'late')
    clock.pass(300_001)
    await expect(server.open(channel.idHex, ROUTE, held.record)).rejects.toEqual(refusal('message.stale'))
    expect(() => asker.open(ROUTE, sequence, response)).toThrow(refusal('message.stale'))
  })

  it('a record from a clock far ahead is refused', async () => {
    const { clock, server, newChannel } = await createWorld()
    const channel = await newChannel()
    clock.pass(300_001)
    const { record } = channel.seal(ROUTE, text('x'))
    clock.pass(-300_001)
    await expect(server.open(channel.idHex, ROUTE, record)).rejects.toEqual(refusal('message.stale'))
  })

  it('an expired channel is unknown, even to a store that forgot to drop it', async () => {
    const { clock, server, newChannel, store } = await createWorld()
    const channel = await newChannel()
    clock.pass(599_999)
    const last = channel.seal(ROUTE, text('x'))
    const state = await store.get(channel.idHex)
    clock.pass(1)
    await store.put(channel.idHex, state ?? new Uint8Array(0), 1e9)
    await expect(server.open(channel.idHex, ROUTE, last.record)).rejects.toEqual(
      refusal('message.unknown-channel'),
    )
    expect(() => channel.seal(ROUTE, text('x'))).toThrow(refusal('message.unknown-channel'))
  })

  it('a channel carries its number of messages and no more', async () => {
    const { server, newChannel } = await createWorld({ channelMessages: 3 })
    const channel = await newChannel()
    for (let n = 0; n < 3; n += 1)
      await server.open(channel.idHex, ROUTE, channel.seal(ROUTE, text('x')).record)
    expect(channel.expired()).toBe(true)
    expect(() => channel.seal(ROUTE, text('x'))).toThrow(refusal('message.unknown-channel'))
  })

  it('a closed channel carries nothing on either side', async () => {
    const { server, newChannel } = await createWorld()
    const channel = await newChannel()
    const { record } = channel.seal(ROUTE, text('x'))
    await server.close(channel.idHex)
    await expect(server.open(channel.idHex, ROUTE, record)).rejects.toEqual(
      refusal('message.unknown-channel'),
    )
    channel.close()
    expect(() => channel.seal(ROUTE, text('x'))).toThrow(refusal('message.unknown-channel'))
  })

  it('oversize and truncated records are refused before any key is touched', async () => {
    const { server, newChannel } = await createWorld()
    const channel = await newChannel()
    const { record } = channel.seal(ROUTE, text('x'))
    for (let length = 0; length < record.length; length += 1)
      await expect(server.open(channel.idHex, ROUTE, record.subarray(0, length))).rejects.toEqual(
        refusal('message.malformed'),
      )
    for (const length of [record.length + 1, 2_000_000])
      await expect(server.open(channel.idHex, ROUTE, new Uint8Array(length).fill(1))).rejects.toEqual(
        refusal('message.malformed'),
      )
    expect(() => channel.seal(ROUTE, new Uint8Array(1024 * 1024 + 1))).toThrow(refusal('message.malformed'))
    expect(() => channel.seal('', text('x'))).toThrow(refusal('message.malformed'))
    expect(() => channel.seal('P'.repeat(513), text('x'))).toThrow(refusal('message.malformed'))
  })

  it('carry up to one mebibyte', async () => {
    const { server, newChannel } = await createWorld()
    const channel = await newChannel()
    const content = new Uint8Array(1024 * 1024).fill(7)
    const opened = await server.open(channel.idHex, ROUTE, channel.seal(ROUTE, content).record)
    expect(Buffer.compare(opened.plaintext, content)).toBe(0)
  })

  it('names that are no channel are unknown, whatever they hold', async () => {
    const { server, newChannel } = await createWorld()
    const channel = await newChannel()
    const { record } = channel.seal(ROUTE, text('x'))
    for (const name of [
      '',
      'hello:00',
      `${channel.idHex} `,
      channel.idHex.toUpperCase().replace(/\d/g, 'A'),
      '0'.repeat(32),
    ])
      await expect(server.open(name, ROUTE, record)).rejects.toEqual(refusal('message.unknown-channel'))
  })
})
