import { bytesToHex, concatBytes, hexToBytes } from '@anqu/encoding'
import { expect, test } from 'vitest'
import { encodeCommand, parseCommand } from '../apdu/command.ts'
import { AES } from './block-cipher.ts'
import { ChannelSession } from './channel-session.ts'
import { deriveCryptogram, deriveSessionKeys, keyCheckValue, type ChannelKeys } from './session-keys.ts'

/*
 * Recorded SCP03 sessions with AES-128 keys, i = 70, from the public test suites of pySim
 * (tests/unittests/test_globalplatform.py: the first three) and of GlobalPlatformPro (the last).
 */
const SERIAL: ChannelKeys = {
  encryption: hexToBytes('000102030405060708090a0b0c0d0e0f'),
  mac: hexToBytes('101112131415161718191a1b1c1d1e1f'),
  data: hexToBytes('202122232425262728292a2b2c2d2e2f'),
}
const RECORDED: ChannelKeys = {
  encryption: hexToBytes('f995d0a069335c7df42e590317ffea6d'),
  mac: hexToBytes('58563362ec5a4541abcd32b34b1eae7d'),
  data: new Uint8Array(16),
}
/** STORE DATA, then one command of each of the four cases. */
const BARE = [
  '80e2910006bf3e035c015a00',
  '80f22002',
  '80ca006600',
  '80f220020a4f0212345c054f9f70c5',
  '80f28002024f0000',
]
const ANSWER = 'bf3e125a1089882119900000000000000000000005'

const SESSIONS = [
  {
    level: 0x11,
    keys: SERIAL,
    initialize: '8050300008b13e5f938fc108c400',
    answer: '000000000000000000003003703eb51047495b249f66c484c1d2ef1948000002',
    open: '84821100107d5f5826a993ebc89eea24957fa0b3ce',
    bare: BARE,
    wrapped: [
      '84e291000ebf3e035c015a558d036518a2829700',
      '84f220020863a63f8959827fb2',
      '84ca006608a0c6a4a74166f7ce00',
      '84f22002124f0212345c054f9f70c52249b50272656536',
      '84f280020a4f00e91443f6dce6b8ed00',
    ],
    answers: [['bf3e125a1089882119900000000000000000000005971be68992dbbdfa', ANSWER]],
  },
  {
    level: 0x03,
    keys: SERIAL,
    initialize: '80503000088e1552d0513c60f300',
    answer: '0000000000000000000030037030760cd2c47c1dd395065fe5ead8a9d7000001',
    open: '8482030010fd4721a14d9b07003c451d2f8ae6bb21',
    bare: BARE,
    wrapped: [
      '84e2910018ca9c00f6713d79bc8baa642bdff51c3f6a4082d3bd9ad26c00',
      '84f2200208c9811b11f1264cf1',
      '84ca006608e10ab60b3054798800',
      '84f22002184e2908bdb48b2315a55482e9e936ca122d6ecfae7d17416e',
      '84f28002180dd10a6b6193e5340b9e77d32d5a179cd710ac2773aefb2800',
    ],
    answers: [[ANSWER, ANSWER]],
  },
  {
    level: 0x33,
    keys: SERIAL,
    initialize: '8050300008fdf38259a1e0de4400',
    answer: '000000000000000000003003703b1aca81e821f219081cdc01c26b372d000003',
    open: '84823300108c36f96bcc00724a4e13ad591d7da3f0',
    bare: BARE,
    wrapped: [
      '84e2910018267a85dfe4a98fca6fb0527e0dfecce4914e40401433c87f00',
      '84f2200208ac6a59024bed84cc',
      '84ca006608409912ad8fb7aed000',
      '84f22002185f3dafc3ac14c381536a488bf44e06d056df9d74dbd21e5a',
      '84f280021865165105be3373347d0424d4400af2ac393f569ec779389e00',
    ],
    answers: [['f3ba2b1013aa6224f5e1c138d71805c569e5439b47576260b75fc021b25097cb2e68f8a0144975b9', ANSWER]],
  },
  {
    level: 0x03,
    keys: RECORDED,
    initialize: '8050000008b2bde1a2dc66bd5600',
    answer: '00000000000000000000300370c40932a6fefeaeb2e127185170f45fca000015',
    open: '848203001059d54d932423d29f6313c970875f8c2f',
    bare: ['80e400800a4f08a00100015141434c'],
    wrapped: ['84e400801829f06aec3180b3efe91ff662310b945de0d5fe66ad67a5b6'],
    answers: [],
  },
]

async function open(keys: ChannelKeys, initialize: string, answer: string) {
  const card = hexToBytes(answer)
  const context = concatBytes(parseCommand(hexToBytes(initialize)).data, card.subarray(13, 21))
  const sessionKeys = await deriveSessionKeys(AES, keys, context)
  expect(await deriveCryptogram(AES, sessionKeys.mac, 'card', context)).toEqual(card.slice(21, 29))
  return { sessionKeys, hostCryptogram: await deriveCryptogram(AES, sessionKeys.mac, 'host', context) }
}

test.each(SESSIONS)(
  'the recorded session $open is reproduced, on the host and on the card',
  async (session) => {
    const { level, keys, initialize, answer } = session
    const { sessionKeys, hostCryptogram } = await open(keys, initialize, answer)
    const [host, card] = [
      new ChannelSession(AES, sessionKeys, level),
      new ChannelSession(AES, sessionKeys, level),
    ]
    const opening = await host.macOpening({
      cla: 0x80,
      ins: 0x82,
      p1: level,
      p2: 0x00,
      data: hostCryptogram,
      ne: 0,
    })
    expect(bytesToHex(encodeCommand(opening))).toBe(session.open)
    expect((await card.checkOpening(opening)).data).toEqual(hostCryptogram)
    const answers = [...session.answers]
    for (const [at, hex] of session.bare.entries()) {
      const bare = parseCommand(hexToBytes(hex))
      const wrapped = await host.wrapCommand(bare)
      expect(bytesToHex(encodeCommand(wrapped))).toBe(session.wrapped[at])
      expect(await card.unwrapCommand(wrapped)).toEqual(bare)
      const [sealed, plain] = answers.shift() ?? []
      if (sealed === undefined || plain === undefined) continue
      expect(bytesToHex(await card.wrapResponse(hexToBytes(plain), 0x9000))).toBe(sealed)
      expect(bytesToHex(await host.unwrapResponse(hexToBytes(sealed), 0x9000))).toBe(plain)
    }
  },
)

test('session keys of a recorded session come out as published', async () => {
  const [, , , last] = SESSIONS
  const { sessionKeys } = await open(RECORDED, last?.initialize ?? '', last?.answer ?? '')
  expect([sessionKeys.encryption, sessionKeys.mac, sessionKeys.responseMac].map(bytesToHex)).toEqual([
    '9b841bb63d1087484ff7f16802017243',
    '8117fe5aded74ac0daabe9fb81dbdb67',
    '4521d75e4d6f60dbfb8ab4ee254ef6f1',
  ])
})

test('key check values come out as published', async () => {
  const values = await Promise.all(
    [SERIAL.encryption, SERIAL.mac, SERIAL.data].map((key) => keyCheckValue(AES, key)),
  )
  expect(values.map(bytesToHex)).toEqual(['c35280', '013808', '840de5'])
})
