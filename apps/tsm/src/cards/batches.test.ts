import { bytesToBase64, hexToBytes } from '@anqu/encoding'
import { sm2Encrypt, Sm2PrivateKey } from '@anqu/gm-crypto'
import { MemoryCard } from '@anqu/secure-element'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { batchAnswer, batchesAnswer, batchProposeAnswer, cardsAnswer, paths } from '../api/index.ts'
import { manufacturedCard, Phone, tsmWorld, type TsmWorld } from '../testing/tsm-world.ts'

let world: TsmWorld
beforeAll(async () => {
  world = await tsmWorld()
})
afterAll(() => world.close())

const propose = (...lines: string[]) =>
  world.call(
    paths.batchPropose,
    { name: '第一批', file: ['card_id,key_set,transport_keys', ...lines, ''].join('\n'), requester: 'anna' },
    batchProposeAnswer,
  )
const decide = (batchId: string, actor: string, decision = 'approve') =>
  world.call(paths.batchDecide, { batchId, decision, actor }, batchAnswer)
const proposed = async (...lines: string[]): Promise<string> => {
  const { batch, problems } = await propose(...lines)
  expect(problems).toEqual([])
  return batch?.batchId ?? ''
}
const enrolled = async (cardId: string): Promise<boolean> =>
  (await world.call(paths.cards, { cursor: null, limit: 1, cardId }, cardsAnswer)).cards.length === 1

test('a manufacturer’s batch is enrolled on another officer’s word, and its cards are then served', async () => {
  const [one, two] = [await manufacturedCard(world), await manufacturedCard(world)]
  await expect(one.phone.run()).rejects.toMatchObject({ code: 'unknown-card' })
  const batchId = await proposed(one.line, two.line)
  await expect(decide(batchId, 'anna')).rejects.toMatchObject({ code: 'second-person' })
  expect(await enrolled(one.cardId)).toBe(false)
  expect((await decide(batchId, 'bo')).batch).toMatchObject({ state: 'enrolled', cards: 2, decidedBy: 'bo' })
  await expect(decide(batchId, 'bo')).rejects.toMatchObject({ code: 'not-now' })
  for (const { phone, cardId } of [one, two])
    expect((await phone.run()).answer.result).toMatchObject({ cardId, applicationState: 'usable' })
  // A copy of the memory from before: its transport keys were replaced long ago.
  const copy = new Phone(world, one.phone.options)
  Object.assign(copy, { medium: new MemoryCard() })
  await expect(copy.run()).rejects.toMatchObject({ code: 'unknown-card' })
})

test('with one bad line nothing of a batch is taken in, and each bad line is told', async () => {
  const [good, known] = [await manufacturedCard(world), await manufacturedCard(world)]
  await decide(await proposed(known.line), 'bo')
  const [other] = [await manufacturedCard(world)]
  const stranger = sm2Encrypt(Sm2PrivateKey.generate().publicKey, hexToBytes('00'.repeat(60)))
  const foreign = `${'ab'.repeat(10)},1,${other.line.split(',')[2]}`
  const unsealed = `${'cd'.repeat(10)},1,${bytesToBase64(stranger)}`
  const { batch, problems } = await propose(good.line, known.line, foreign, unsealed, good.line, 'x')
  expect(batch).toBeNull()
  expect(problems).toEqual([
    { line: 3, reason: 'enrolled' },
    { line: 4, reason: 'transport-keys' },
    { line: 5, reason: 'transport-keys' },
    { line: 6, reason: 'duplicate' },
    { line: 7, reason: 'columns' },
  ])
  const { batches } = await world.call(paths.batches, { cursor: null, limit: 10 }, batchesAnswer)
  expect(batches).toHaveLength(2)
  expect(await enrolled(good.cardId)).toBe(false)
})

test('a batch with a card that was enrolled since is taken in not even in part, and can be rejected', async () => {
  const [one, two] = [await manufacturedCard(world), await manufacturedCard(world)]
  const both = await proposed(one.line, two.line)
  await decide(await proposed(two.line), 'bo')
  await expect(decide(both, 'bo')).rejects.toMatchObject({ code: 'known-card' })
  expect(await enrolled(one.cardId)).toBe(false)
  expect((await decide(both, 'anna', 'reject')).batch).toMatchObject({ state: 'rejected' })
  await expect(decide(both, 'bo')).rejects.toMatchObject({ code: 'not-now' })
})
