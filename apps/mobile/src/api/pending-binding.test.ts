import { expect, test } from 'vitest'
import { pendingBindings } from './pending-binding.ts'

function memory(): Storage {
  const kept = new Map<string, string>()
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
    clear: () => kept.clear(),
    key: () => null,
    length: 0,
  }
}

const binding = {
  bindingId: '01920000-0000-7000-8000-000000000001',
  subject: [{ type: 'CN' as const, value: 'x' }],
}

test('a binding cut off by a reload is found again until it expires, and is forgotten once done', () => {
  const storage = memory()
  pendingBindings(storage).save({ ...binding, expiresAtMs: 100, csr: 'AA==' })
  const after = pendingBindings(storage)
  expect(after.load(99)).toEqual({ ...binding, expiresAtMs: 100, csr: 'AA==' })
  expect(after.load(100)).toBeUndefined()
  after.forget()
  expect(after.load(1)).toBeUndefined()
})

test('what is no binding is none', () => {
  const storage = memory()
  storage.setItem('anqu.binding', '{"bindingId":1}')
  expect(pendingBindings(storage).load(0)).toBeUndefined()
})
