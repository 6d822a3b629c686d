import { bytesToHex, hexToBytes } from '@anqu/encoding'
import { expect, test } from 'vitest'
import { createCard } from '../create-card.ts'
import { MemoryCard } from '../storage/memory-card-storage.ts'
import { keySet, manage, putKey } from '../testing/issuer-channel.ts'
import { raw } from '../testing/test-card.ts'
import { AES, SM4 } from './block-cipher.ts'
import { securedConnection } from './secured-connection.ts'

const SELECT_DOMAIN = hexToBytes('00a4040008a00000015100000000')
const INITIALIZE_AES = hexToBytes('8050310008001122334455667700')
const KEY_INFORMATION = hexToBytes('80ca00e000')
const OURS = keySet(SM4, 0x30)
const THEIRS = keySet(AES, 0x31)

test('a card knows SM4 only: it is made with no AES keys, takes none and opens no session for them', async () => {
  const made = createCard({ storage: new MemoryCard().holder(), channelKeys: [OURS, THEIRS] })
  await expect(made.transmit(SELECT_DOMAIN)).rejects.toThrow('profile')
  const card = createCard({ storage: new MemoryCard().holder(), channelKeys: [OURS] })
  expect(await manage(card, OURS, await putKey(OURS, THEIRS))).toEqual(['6A80'])
  expect((await raw(card, INITIALIZE_AES)).sw).toBe('6A88')
  await expect(securedConnection(card, THEIRS).transmit(SELECT_DOMAIN)).rejects.toThrow('channel keys')
})

test('a card whose profile names AES takes such keys at its birth and later', async () => {
  const card = createCard({ storage: new MemoryCard().holder(), channelKeys: [OURS, THEIRS], aes: AES })
  const later = keySet(AES, 0x32, 0x70)
  expect(await manage(card, OURS, await putKey(OURS, later))).toEqual(['9000'])
  expect(await manage(card, THEIRS)).toEqual([])
  expect(await manage(card, later)).toEqual([])
})

test('AES keys outlive no profile: the same card without the name has none of them', async () => {
  const medium = new MemoryCard()
  await manage(createCard({ storage: medium.holder(), channelKeys: [OURS, THEIRS], aes: AES }), THEIRS)
  const after = createCard({ storage: medium.holder() })
  await raw(after, SELECT_DOMAIN)
  expect((await raw(after, INITIALIZE_AES)).sw).toBe('6A88')
  expect(bytesToHex((await raw(after, KEY_INFORMATION)).data)).toBe(
    'e012c00401308e10c00402308e10c00403308e10',
  )
})
