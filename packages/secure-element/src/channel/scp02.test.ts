import { bytesToHex, concatBytes, hexToBytes } from '@anqu/encoding'
import { describe, expect, test } from 'vitest'
import { encodeCommand, parseCommand } from '../apdu/command.ts'
import { createCard } from '../create-card.ts'
import { MemoryCard } from '../storage/memory-card-storage.ts'
import { keySet } from '../testing/issuer-channel.ts'
import { raw, selectService } from '../testing/test-card.ts'
import type { CardConnection } from '../transports/card-connection.ts'
import { SM4 } from './block-cipher.ts'
import { keyType, type KeySet } from './key-set.ts'
import { nodeTripleDes as TDES } from './node-triple-des.ts'
import { deriveScp02Keys, wrapScp02Key, type Scp02Parameter } from './scp02.ts'
import { scp02Connection, type Scp02Options } from './scp02-connection.ts'
import { securedConnection } from './secured-connection.ts'
import { keyCheckValue } from './session-keys.ts'

const DOMAIN = hexToBytes('a000000151000000')
const SELECT_DOMAIN = hexToBytes('00a4040008a00000015100000000')
const GET_STATUS = hexToBytes('80f28002024f0000')
const STORE_NUMBER = hexToBytes('80e290000642041234567800')
const OLD = keySet(TDES, 0x20)

function cardWith(parameter: Scp02Parameter | undefined, ...more: readonly KeySet[]) {
  const medium = new MemoryCard()
  const scp02 = parameter && { scp02: { tripleDes: TDES, parameter } }
  const channelKeys = parameter === undefined ? more : [OLD, ...more]
  return createCard({ storage: medium.holder(), pinIterations: 2, channelKeys, ...scp02 })
}

/** Sends on what is asked, altered by `alter`; remembers it. */
function tapped(
  card: CardConnection,
  log: Uint8Array[],
  alter: (command: Uint8Array) => void = () => undefined,
) {
  const wire: CardConnection = {
    transmit: async (command) => {
      const sent = command.slice()
      alter(sent)
      log.push(sent)
      return card.transmit(sent)
    },
    reset: () => card.reset(),
  }
  return wire
}

async function opened(card: CardConnection, options: Scp02Options): Promise<CardConnection> {
  const secured = scp02Connection(card, OLD, options)
  await secured.transmit(SELECT_DOMAIN)
  return secured
}

describe.each([0x15, 0x55] as const)('SCP02 with i = %i', (parameter) => {
  test('the issuer manages the card at the levels with MACs, and at 00 has proved keys and no right', async () => {
    for (const level of [0x01, 0x03] as const) {
      const secured = await opened(cardWith(parameter), { level })
      for (const command of [GET_STATUS, STORE_NUMBER, GET_STATUS])
        expect((await raw(secured, command)).sw).toBe('9000')
    }
    const bare = await opened(cardWith(parameter), { level: 0x00 })
    expect((await raw(bare, GET_STATUS)).sw).toBe('6982')
  })

  test('at level 03 the data of a command is not on the wire', async () => {
    const log: Uint8Array[] = []
    const secured = await opened(tapped(cardWith(parameter), log), { level: 0x03 })
    await secured.transmit(STORE_NUMBER)
    expect(Buffer.concat(log).includes(Buffer.from('12345678', 'hex'))).toBe(false)
  })

  test('the challenge is the predicted one exactly where i says so', async () => {
    const predicted = opened(cardWith(parameter), { level: 0x01, predictedFor: DOMAIN })
    if (parameter === 0x55) await expect(predicted).resolves.toBeDefined()
    else await expect(predicted).rejects.toThrow('predicted')
  })

  test('a host without the keys opens nothing, has one attempt, and sees the card prove its keys first', async () => {
    const card = cardWith(parameter)
    const stranger = scp02Connection(card, keySet(TDES, 0x20, 0x90), { level: 0x01 })
    await expect(stranger.transmit(SELECT_DOMAIN)).rejects.toThrow('did not prove')
    const guess = hexToBytes(`8482010010${'00'.repeat(16)}`)
    expect((await raw(card, hexToBytes('805020000800112233445566770000'.slice(0, 28)))).sw).toBe('9000')
    expect((await raw(card, guess)).sw).toBe('6300')
    expect((await raw(card, guess)).sw).toBe('6985')
  })

  test('an altered cryptogram or MAC of the opening is refused, and the level cannot be lowered on the way', async () => {
    for (const at of [5, 20, 2]) {
      const alter = (command: Uint8Array): void => {
        if (command[1] === 0x82) command[at] = (command[at] ?? 0) ^ (at === 2 ? 0x03 : 0x01)
      }
      await expect(opened(tapped(cardWith(parameter), [], alter), { level: 0x03 })).rejects.toThrow('refused')
    }
  })

  test('any altered byte of a command closes the channel', async () => {
    for (const at of [2, 5, 9, 14]) {
      const card = cardWith(parameter)
      let armed = true
      const alter = (command: Uint8Array): void => {
        if (command[1] === 0xe2 && armed) command[at] = (command[at] ?? 0) ^ 0x01
      }
      const secured = await opened(tapped(card, [], alter), { level: 0x01 })
      expect((await raw(secured, STORE_NUMBER)).sw).toBe('6988')
      armed = false
      expect((await raw(secured, STORE_NUMBER)).sw).toBe('6982')
    }
  })

  test('a command is good once: again in its session, or in the next, it is refused', async () => {
    const log: Uint8Array[] = []
    const card = cardWith(parameter)
    const first = await opened(tapped(card, log), { level: 0x01 })
    await first.transmit(STORE_NUMBER)
    const recorded = log.at(-1) ?? new Uint8Array(0)
    expect((await raw(card, recorded)).sw).toBe('6988')
    await opened(card, { level: 0x01 })
    expect((await raw(card, recorded)).sw).toBe('6988')
  })

  test('a whole recorded session opens nothing a second time', async () => {
    const log: Uint8Array[] = []
    const card = cardWith(parameter)
    await opened(tapped(card, log), { level: 0x01 })
    await card.reset()
    const words = []
    for (const command of log) words.push((await raw(card, command)).sw)
    expect(words).toEqual(['9000', '9000', '6300'])
  })

  test('a bare command inside a session ends it', async () => {
    const card = cardWith(parameter)
    const secured = await opened(card, { level: 0x01 })
    expect((await raw(card, GET_STATUS)).sw).toBe('6987')
    expect((await raw(secured, GET_STATUS)).sw).toBe('6982')
  })
})

test('a card whose profile does not name SCP02 answers none of it and is made with no such keys', async () => {
  const card = cardWith(undefined, keySet(SM4, 0x30))
  await expect(opened(card, { level: 0x01 })).rejects.toThrow('no such channel keys')
  const modern = scp02Connection(card, { ...OLD, version: 0x30 }, { level: 0x01 })
  await expect(modern.transmit(SELECT_DOMAIN)).rejects.toThrow('another protocol')
  expect(bytesToHex((await raw(card, hexToBytes('80ca006600'))).data)).not.toContain('864886fc6b0402')
  const refused = createCard({ storage: new MemoryCard().holder(), channelKeys: [OLD] })
  await expect(refused.transmit(SELECT_DOMAIN)).rejects.toThrow('profile')
})

test('triple DES keys outlive no profile: the card image without it has none of them', async () => {
  const medium = new MemoryCard()
  const scp02 = { tripleDes: TDES, parameter: 0x15 } as const
  const keys = [OLD, keySet(SM4, 0x30)]
  const before = createCard({ storage: medium.holder(), channelKeys: keys, scp02 })
  await raw(before, SELECT_DOMAIN)
  expect(bytesToHex((await raw(before, hexToBytes('80ca00e000'))).data)).toContain('c00401208010')
  const after = createCard({ storage: medium.holder() })
  await raw(after, SELECT_DOMAIN)
  expect(bytesToHex((await raw(after, hexToBytes('80ca00e000'))).data)).toContain('8e10')
  expect(bytesToHex((await raw(after, hexToBytes('80ca00e000'))).data)).not.toContain('8010')
  await expect(opened(after, { level: 0x01 })).rejects.toThrow('no such channel keys')
})

test('a host with SM4 keys takes no other protocol, and asking for no version never leads to triple DES', async () => {
  const card = cardWith(0x15, keySet(SM4, 0x30))
  const forged: CardConnection = {
    transmit: async (command) => {
      const answer = await card.transmit(command)
      if (command[1] === 0x50) answer[11] = 0x02
      return answer
    },
    reset: () => card.reset(),
  }
  await expect(securedConnection(forged, keySet(SM4, 0x30)).transmit(SELECT_DOMAIN)).rejects.toThrow(
    'another protocol',
  )
  const answer = await raw(card, hexToBytes('8050000008001122334455667700'))
  expect([answer.data[10], answer.data[11]]).toEqual([0x30, 0x03])
  expect(bytesToHex((await raw(card, hexToBytes('80ca006600'))).data)).toContain('864886fc6b040215')
})

test('no application is reached over SCP02 once the card is SECURED, nor where a channel is required', async () => {
  const card = cardWith(0x15, keySet(SM4, 0x30))
  const secured = await opened(card, { level: 0x03 })
  for (const command of ['80f0800700', '80f0800f00'])
    expect((await raw(secured, hexToBytes(command))).sw).toBe('9000')
  const service = scp02Connection(card, OLD, { level: 0x03 })
  expect(await selectService(service)).toBe('9000')
  expect((await raw(service, hexToBytes('80ca000000'))).sw).toBe('6982')
})

test('triple DES carries triple DES keys for the issuer, and neither stronger ones nor a client’s', async () => {
  const put = async (fresh: KeySet): Promise<string> => {
    const card = cardWith(0x15)
    const wire: Uint8Array[] = []
    const secured = await opened(tapped(card, wire), { level: 0x01 })
    const sequence = Uint8Array.of(0, 0)
    const session = await deriveScp02Keys(TDES, OLD.keys, sequence)
    const parts = [fresh.keys.encryption, fresh.keys.mac, fresh.keys.data].map(async (key) => {
      const wrapped = await wrapScp02Key(TDES, session.data, key)
      const check = await keyCheckValue(fresh.cipher, key)
      return concatBytes(Uint8Array.of(keyType(fresh.cipher), 17, 16), wrapped, Uint8Array.of(3), check)
    })
    const data = concatBytes(Uint8Array.of(fresh.version), ...(await Promise.all(parts)))
    const command = encodeCommand({ cla: 0x80, ins: 0xd8, p1: 0, p2: 0x81, data, ne: 256 })
    expect(parseCommand(wire[1] ?? new Uint8Array(0)).ins).toBe(0x50)
    return (await raw(secured, command)).sw
  }
  expect(await put(keySet(TDES, 0x21, 0x70))).toBe('9000')
  expect(await put(keySet(SM4, 0x31))).toBe('6985')
  expect(await put(keySet(TDES, 0x41, 0x70))).toBe('6985')
})
