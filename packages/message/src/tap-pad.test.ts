import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { acceptTapOffer, agreeWith, createTapPad, openTaps } from './index.ts'
import { keyNamed } from './testing/test-parties.ts'

const server = keyNamed('server')
const client = keyNamed('client')
const tampered: Error = expect.objectContaining({ code: 'message.tampered' })
const malformed: Error = expect.objectContaining({ code: 'message.malformed' })

async function keyboard(keyboardId = '018f3c1e-7b0a-7000-8000-000000000001') {
  const pad = createTapPad({ self: client, server: server.publicKey })
  const { answer, state } = await acceptTapOffer({
    agree: agreeWith(server),
    client: client.publicKey,
    offer: pad.offer,
    keyboardId,
  })
  return { keyboardId, state, cells: 12, sealing: pad.complete(answer, keyboardId), pad, answer }
}

describe('tap pad', () => {
  it('brings the cells to the server in order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(11), { maxLength: 20 }), async (cells) => {
        const { sealing, ...sealed } = await keyboard()
        const taps = cells.map((cell) => sealing.seal(cell))
        expect(openTaps({ ...sealed, taps })).toEqual(cells)
      }),
      { numRuns: 20 },
    )
  })

  it('seals each tap into 33 bytes that show nothing: equal cells never look alike', async () => {
    const { sealing } = await keyboard()
    const taps = Array.from({ length: 30 }, () => sealing.seal(4))
    expect(new Set(taps.map((tap) => tap.length))).toEqual(new Set([33]))
    expect(new Set(taps.map((tap) => tap.subarray(1).join())).size).toBe(30)
  })

  it('lets the user take a tap back', async () => {
    const { sealing, ...sealed } = await keyboard()
    const [first, , third] = [sealing.seal(1), sealing.seal(2), sealing.seal(3)]
    expect(openTaps({ ...sealed, taps: [first, third] })).toEqual([1, 3])
  })

  it('refuses any bit changed in a tap', async () => {
    const { sealing, ...sealed } = await keyboard()
    const tap = sealing.seal(7)
    for (let bit = 0; bit < tap.length * 8; bit += 1) {
      const changed = tap.slice()
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(() => openTaps({ ...sealed, taps: [changed] })).toThrow(tampered)
    }
  })

  it('refuses taps repeated, in another order, too long, too short or too many', async () => {
    const { sealing, ...sealed } = await keyboard()
    const [one, two] = [sealing.seal(1), sealing.seal(2)]
    const wrong = [
      [one, one],
      [two, one],
      [Uint8Array.of(...one, 0)],
      [one.subarray(0, 32)],
      [new Uint8Array(0)],
    ]
    for (const taps of wrong) expect(() => openTaps({ ...sealed, taps })).toThrow(tampered)
    expect(() => openTaps({ ...sealed, taps: Array.from({ length: 65 }, () => one) })).toThrow(tampered)
  })

  it('refuses a tap of another keyboard, another pad or beside the keys', async () => {
    const mine = await keyboard()
    const other = await keyboard('018f3c1e-7b0a-7000-8000-000000000002')
    const again = await keyboard()
    const tap = mine.sealing.seal(1)
    expect(() => openTaps({ ...other, taps: [tap] })).toThrow(tampered)
    expect(() => openTaps({ ...again, taps: [tap] })).toThrow(tampered)
    expect(() => openTaps({ ...mine, keyboardId: other.keyboardId, taps: [tap] })).toThrow(tampered)
    expect(() => openTaps({ ...mine, taps: [mine.sealing.seal(12)] })).toThrow(tampered)
  })

  it('gives a stranger who answers the offer a pad the server cannot open, and the stranger nothing', async () => {
    const keyboardId = 'k'
    const pad = createTapPad({ self: client, server: server.publicKey })
    const stranger = keyNamed('stranger')
    const request = { client: client.publicKey, offer: pad.offer, keyboardId }
    const forged = await acceptTapOffer({ agree: agreeWith(stranger), ...request })
    const tap = pad.complete(forged.answer, keyboardId).seal(5)
    expect(() => openTaps({ state: forged.state, keyboardId, taps: [tap], cells: 12 })).toThrow(tampered)
  })

  it('serves one keyboard, and nothing once wiped', async () => {
    const { pad, answer, keyboardId, sealing } = await keyboard()
    expect(() => pad.complete(answer, keyboardId)).toThrow('one keyboard')
    sealing.wipe()
    expect(() => sealing.seal(1)).toThrow()
  })

  it('refuses what is no key, no cell and no keyboard id', async () => {
    const pad = createTapPad({ self: client, server: server.publicKey })
    const offer = pad.offer.slice()
    offer[40] = (offer[40] ?? 0) ^ 1
    const request = { agree: agreeWith(server), client: client.publicKey }
    await expect(acceptTapOffer({ ...request, offer, keyboardId: 'k' })).rejects.toThrow(malformed)
    await expect(
      acceptTapOffer({ ...request, offer: pad.offer.subarray(1), keyboardId: 'k' }),
    ).rejects.toThrow(malformed)
    for (const keyboardId of ['', 'k'.repeat(65)])
      await expect(acceptTapOffer({ ...request, offer: pad.offer, keyboardId })).rejects.toThrow(malformed)
    const { sealing } = await keyboard()
    for (const cell of [-1, 256, 1.5, Number.NaN]) expect(() => sealing.seal(cell)).toThrow(RangeError)
  })

  it('takes 64 taps and no more', async () => {
    const { sealing } = await keyboard()
    for (let tap = 0; tap < 64; tap += 1) sealing.seal(0)
    expect(() => sealing.seal(0)).toThrow(RangeError)
  })
})
