import { IDBFactory } from 'fake-indexeddb'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { indexedDbCardStorage } from './indexed-db-card-storage.ts'

/** The locks of one origin, as far as a card uses them: whoever steals takes the lock from its holder, who is told. */
class StealableLocks {
  readonly #holders = new Map<string, (error: Error) => void>()

  request(name: string, _: { steal: true }, granted: () => Promise<never>): Promise<never> {
    this.#holders.get(name)?.(new DOMException('taken', 'AbortError'))
    return new Promise((resolve, reject) => {
      this.#holders.set(name, reject)
      granted().then(resolve, reject)
    })
  }
}

const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator')
const factory = globalThis.indexedDB
beforeEach(() => {
  globalThis.indexedDB = new IDBFactory()
  Object.defineProperty(globalThis, 'navigator', {
    value: { locks: new StealableLocks() },
    configurable: true,
  })
})
afterEach(() => {
  globalThis.indexedDB = factory
  if (before !== undefined) Object.defineProperty(globalThis, 'navigator', before)
  else Reflect.deleteProperty(globalThis, 'navigator')
})

test('a holder that nobody took the card from is confirmed without a look into the database', async () => {
  const storage = indexedDbCardStorage('card')
  await storage.claim()
  Object.defineProperty(globalThis, 'indexedDB', { value: undefined, configurable: true, writable: true })
  await expect(storage.confirm()).resolves.toBeUndefined()
})

test('the former holder of a card is refused as soon as another has claimed it (B-7.5.1.3)', async () => {
  const [first, second] = [indexedDbCardStorage('card'), indexedDbCardStorage('card')]
  await first.claim()
  await second.claim()
  await expect(first.confirm()).rejects.toMatchObject({ code: 'released' })
  await expect(first.write(0, Uint8Array.of(1))).rejects.toMatchObject({ code: 'released' })
  await expect(second.confirm()).resolves.toBeUndefined()
})

test('a card that was destroyed has no holder', async () => {
  const [holder, other] = [indexedDbCardStorage('card'), indexedDbCardStorage('card')]
  await holder.claim()
  await other.destroy()
  await expect(holder.confirm()).rejects.toMatchObject({ code: 'released' })
  await expect(other.confirm()).rejects.toMatchObject({ code: 'released' })
})

test('cards of other names keep their holders', async () => {
  const [one, other] = [indexedDbCardStorage('one'), indexedDbCardStorage('other')]
  await one.claim()
  await other.claim()
  await expect(one.confirm()).resolves.toBeUndefined()
})
