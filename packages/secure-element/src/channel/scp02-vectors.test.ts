import { bytesToHex, hexToBytes } from '@anqu/encoding'
import { expect, test } from 'vitest'
import { encodeCommand, parseCommand } from '../apdu/command.ts'
import { nodeTripleDes as TDES } from './node-triple-des.ts'
import { deriveScp02Keys, scp02Cryptogram, wrapScp02Key } from './scp02.ts'
import { Scp02Session } from './scp02-session.ts'
import { keyCheckValue, type ChannelKeys } from './session-keys.ts'

/*
 * Recorded SCP02 sessions and values of public test suites: pySim (tests/unittests/test_globalplatform.py, the first),
 * GlobalPlatformPro (the second), and openjavacard-tools (SCP02WrapperTest, below: keys used as session keys).
 */
const one = (start: number): Uint8Array => Uint8Array.from({ length: 16 }, (_, at) => start + at)
const PYSIM: ChannelKeys = {
  encryption: hexToBytes('100102030405060708090a0b0c0d0e0f'),
  mac: hexToBytes('101102030405060708090a0b0c0d0e0f'),
  data: hexToBytes('102102030405060708090a0b0c0d0e0f'),
}
const WELL_KNOWN: ChannelKeys = { encryption: one(0x40), mac: one(0x40), data: one(0x40) }

const SESSIONS = [
  {
    keys: PYSIM,
    initialize: '805020000840a62c37fa6304f800',
    answer: '00000000000000000000700200016b4524abee7cf32ea3838bc148f3',
    open: '8482010010ba6961667737c5bcebece14c7d6a4376',
    commands: [
      ['80f22002', '84f220020814db34fa4341dca8'],
      ['80ca006600', '84ca00660855ed7c5ff069512b00'],
      ['80f220020a4f0212345c054f9f70c5', '84f22002124f0212345c054f9f70c58fc1b380c4228af8'],
      ['80f28002024f0000', '84f280020a4f003b95f09317de6a4e00'],
    ],
  },
  {
    keys: WELL_KNOWN,
    initialize: '8050000008d5ad539a60ca5e7200',
    answer: '000074746e6e6e6262620102069faa2a0591e73367dd78794d04315e',
    open: '84820100107c799b3c771dbae6bef49310977617ba',
    commands: [],
  },
]

async function opened(session: (typeof SESSIONS)[number]) {
  const card = hexToBytes(session.answer)
  const host = parseCommand(hexToBytes(session.initialize)).data
  const challenges = { host, sequence: card.slice(12, 14), card: card.slice(14, 20) }
  const keys = await deriveScp02Keys(TDES, session.keys, challenges.sequence)
  expect(await scp02Cryptogram(TDES, keys.encryption, 'card', challenges)).toEqual(card.slice(20))
  return { keys, hostCryptogram: await scp02Cryptogram(TDES, keys.encryption, 'host', challenges) }
}

test.each(SESSIONS)(
  'the recorded session $open is reproduced, on the host and on the card',
  async (session) => {
    const { keys, hostCryptogram } = await opened(session)
    const [host, card] = [new Scp02Session(TDES, keys, 0x01), new Scp02Session(TDES, keys, 0x01)]
    const bare = { cla: 0x80, ins: 0x82, p1: 0x01, p2: 0x00, data: hostCryptogram, ne: 0 }
    const opening = await host.macOpening(bare)
    expect(bytesToHex(encodeCommand(opening))).toBe(session.open)
    expect((await card.checkOpening(opening)).data).toEqual(hostCryptogram)
    for (const [plain = '', sent = ''] of session.commands) {
      const wrapped = await host.wrapCommand(parseCommand(hexToBytes(plain)))
      expect(bytesToHex(encodeCommand(wrapped))).toBe(sent)
      expect(bytesToHex(encodeCommand(await card.unwrapCommand(wrapped)))).toBe(plain)
    }
  },
)

test('session keys of sequence 0000 have the published check values', async () => {
  const keys = await deriveScp02Keys(TDES, WELL_KNOWN, new Uint8Array(2))
  const values = await Promise.all(
    [keys.encryption, keys.mac, keys.data].map((key) => keyCheckValue(TDES, key)),
  )
  expect(values.map(bytesToHex)).toEqual(['f2dcdd', '5fcc69', '85272e'])
})

const PLAIN = [
  '1020003005010203040500',
  '1020003005010203040500',
  '1020003008010203040506070800',
  '1020003008010203040506070800',
  '102000300c01020304050607080102030400',
  '102000300c01020304050607080102030400',
  '10200030100102030405060708010203040506070800',
  '10200030100102030405060708010203040506070800',
]
const MACED = [
  '142000300d0102030405fb4034e025786ab100',
  '142000300d01020304050a3bebcf697d082900',
  '142000301001020304050607081bebeae51e869dac00',
  '1420003010010203040506070840f75851a11470c500',
  '1420003014010203040506070801020304e651f07b2bddccc000',
  '1420003014010203040506070801020304b4744d06cf32ce3600',
  '142000301801020304050607080102030405060708a3efc1f8df5c466000',
  '142000301801020304050607080102030405060708f590535e9ec765cd00',
]
const ENCRYPTED = [
  '1420003010ca0868ab790be10ffb4034e025786ab100',
  '1420003010ca0868ab790be10f0a3bebcf697d082900',
  '14200030180e9a7741e84385be73d0941f83dad0fd1bebeae51e869dac00',
  '14200030180e9a7741e84385be73d0941f83dad0fd40f75851a11470c500',
  '14200030180e9a7741e84385be7af4e62b6085037ae651f07b2bddccc000',
  '14200030180e9a7741e84385be7af4e62b6085037ab4744d06cf32ce3600',
  '14200030200e9a7741e84385bea5312176c1f49f83f544aa3defb12223a3efc1f8df5c466000',
  '14200030200e9a7741e84385bea5312176c1f49f83f544aa3defb12223f590535e9ec765cd00',
]

test.each([
  { level: 0x01, sent: MACED },
  { level: 0x03, sent: ENCRYPTED },
])(
  'commands at level $level come out as published, MACs chained over encrypted ICVs',
  async ({ level, sent }) => {
    const [host, card] = [
      new Scp02Session(TDES, WELL_KNOWN, level),
      new Scp02Session(TDES, WELL_KNOWN, level),
    ]
    for (const [at, plain] of PLAIN.entries()) {
      const wrapped = await host.wrapCommand(parseCommand(hexToBytes(plain)))
      expect(bytesToHex(encodeCommand(wrapped))).toBe(sent[at])
      expect(bytesToHex(encodeCommand(await card.unwrapCommand(wrapped)))).toBe(plain)
    }
  },
)

test('keys travel as published', async () => {
  const zeros = await wrapScp02Key(TDES, WELL_KNOWN.data, new Uint8Array(16))
  expect(bytesToHex(zeros)).toBe('8baf473f2f8fd0948baf473f2f8fd094')
  expect(bytesToHex(await wrapScp02Key(TDES, WELL_KNOWN.data, WELL_KNOWN.data))).toBe(
    'b4baa89a8cd0292b45210e1bc84b1c31',
  )
})
