import { expect, test } from 'vitest'
import { createBatcher } from './batcher.ts'

/** A batcher over letters whose batches end when told to. */
function letters(largest = 10) {
  const batches: { items: readonly string[]; end: (failure?: Error) => void }[] = []
  const ask = createBatcher<string, string>({
    run: (items) =>
      new Promise((resolve, reject) => {
        const end = (failure?: Error): void =>
          failure ? reject(failure) : resolve(items.map((item) => item.toUpperCase()))
        batches.push({ items, end })
      }),
    names: (item) => [item],
    largest,
    lanes: 1,
  })
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  return { ask, batches, turn }
}

test('one item goes at once; those that come meanwhile go together, each with its own result', async () => {
  const { ask, batches, turn } = letters()
  const results = ['a', 'b', 'c'].map(ask)
  expect(batches.map(({ items }) => items)).toEqual([['a']])
  batches[0]?.end()
  await turn()
  expect(batches[1]?.items).toEqual(['b', 'c'])
  batches[1]?.end()
  expect(await Promise.all(results)).toEqual(['A', 'B', 'C'])
})

test('two items of one name never go together, and none is forgotten', async () => {
  const { ask, batches, turn } = letters()
  const results = ['a', 'b', 'b', 'c'].map(ask)
  for (let index = 0; index < 3; index += 1) {
    batches[index]?.end()
    await turn()
  }
  expect(batches.map(({ items }) => items)).toEqual([['a'], ['b', 'c'], ['b']])
  expect(await Promise.all(results)).toEqual(['A', 'B', 'B', 'C'])
})

test('a batch is bounded, and its failure is that of its own items only', async () => {
  const { ask, batches, turn } = letters(2)
  const results = ['a', 'b', 'c', 'd'].map((letter) => ask(letter).catch(() => 'failed'))
  batches[0]?.end()
  await turn()
  batches[1]?.end(new Error('the database is away'))
  await turn()
  batches[2]?.end()
  expect(await Promise.all(results)).toEqual(['A', 'failed', 'failed', 'D'])
  expect(batches.map(({ items }) => items)).toEqual([['a'], ['b', 'c'], ['d']])
})
