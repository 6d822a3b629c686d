import { hexToBytes } from '@anqu/encoding'
import { expect, test } from 'vitest'
import { createCard } from '../../create-card.ts'
import { MemoryCard } from '../../storage/memory-card-storage.ts'
import type { CardStorage } from '../../storage/card-storage.ts'
import { keySet } from '../../testing/issuer-channel.ts'
import { CuttingStorage, type Cut } from '../../testing/scripted-storage.ts'
import { raw } from '../../testing/test-card.ts'

const SELECT_ISSUER = hexToBytes('00a4040000')
/** HAND OVER with no certificates: 6A80 where there is something to hand over, 6985 where there is not. */
const HAND_OVER = hexToBytes('805c00000100')
const ROOT = hexToBytes('3000')

async function answer(storage: CardStorage, issuerRoot: Uint8Array | undefined): Promise<string> {
  const card = createCard({ storage, pinIterations: 2, ...(issuerRoot && { issuerRoot }) })
  await raw(card, SELECT_ISSUER)
  return (await raw(card, HAND_OVER)).sw
}

test.each<Cut>(['before', 'torn', 'after'])(
  'power cut %s any write of the first power-up: the next one finds or makes the transport keys',
  async (how) => {
    for (let at = 1; at < 20; at += 1) {
      const medium = new MemoryCard()
      const storage = new CuttingStorage(medium.holder())
      Object.assign(storage, { cutAt: at, how })
      await answer(storage, ROOT).catch(() => undefined)
      expect(await answer(medium.holder(), ROOT), `write ${at}`).toBe('6A80')
      if (storage.writes < at) return
    }
    throw new Error('a first power-up takes fewer than 20 writes')
  },
)

test('a card without a root, or with keys of a factory, hands nothing over', async () => {
  expect(await answer(new MemoryCard().holder(), undefined)).toBe('6985')
  const medium = new MemoryCard()
  const made = createCard({ storage: medium.holder(), channelKeys: [keySet()], issuerRoot: ROOT })
  await raw(made, SELECT_ISSUER)
  expect((await raw(made, HAND_OVER)).sw).toBe('6985')
})

test('a card that was offered its root later makes its keys then, and keeps the first root', async () => {
  const medium = new MemoryCard()
  expect(await answer(medium.holder(), undefined)).toBe('6985')
  expect(await answer(medium.holder(), ROOT)).toBe('6A80')
  expect(await answer(medium.holder(), hexToBytes('3001'))).toBe('6A80')
})
