import { afterAll, beforeAll, expect, test } from 'vitest'
import { base64ToBytes, bytesToBase64, bytesToUtf8 } from '@anqu/encoding'
import { SecretBytes, Sm2PrivateKey } from '@anqu/gm-crypto'
import { agreeWith, createTapPad } from '@anqu/message'
import { policy } from '@anqu/policy'
import { createMemoryStore } from '@anqu/platform'
import { FakeClock, testDatabase, type TestDatabase } from '@anqu/platform/testing'
import { migrationsOf, testCertify } from '../../testing/module-world.fixture.ts'
import { createKeys } from '../keys/index.ts'
import { createKeyboards, type Keyboards } from './keyboards.ts'

const clock = new FakeClock(1_800_000_000_000)
const client = Sm2PrivateKey.generate()
const server = Sm2PrivateKey.generate()
const layouts = new Map<string, string>()
let database: TestDatabase
let keyboards: Keyboards

beforeAll(async () => {
  database = await testDatabase(migrationsOf('keys'))
  const { db } = database
  keyboards = createKeyboards({
    clock,
    store: createMemoryStore({ clock }),
    keys: await createKeys({
      db,
      clock,
      kek: SecretBytes.random(16),
      certify: testCertify(clock),
      isRevoked: async () => false,
    }),
    agree: agreeWith(server),
    witness: async ({ id, shows }) => void layouts.set(id, shows),
  })
})
afterAll(() => database.drop())

const expected = { purpose: 'login' as const, clientKey: client.publicKey.bytes }

/** One entry, typed by somebody who looks at the picture. */
async function typed(secret: string) {
  const pad = createTapPad({ self: client, server: server.publicKey })
  const issued = await keyboards.issue({ ...expected, offer: bytesToBase64(pad.offer) })
  const sealing = pad.complete(base64ToBytes(issued.answer), issued.keyboardId)
  const layout = layouts.get(issued.keyboardId) ?? ''
  const taps = [...secret].map((sign) => bytesToBase64(sealing.seal(layout.indexOf(sign))))
  return { keyboardId: issued.keyboardId, taps }
}
const read = (entry: Awaited<ReturnType<typeof typed>>, as = expected): Promise<string> =>
  keyboards.read(entry, as, async (secret) => secret.use((bytes) => bytesToUtf8(bytes)))
const rejected = { code: 'factor.rejected' }
const malformed = { code: 'request.malformed' }

test('what was typed arrives, once', async () => {
  const entry = await typed('river7stone4')
  expect(await read(entry)).toBe('river7stone4')
  await expect(read(entry)).rejects.toMatchObject(rejected)
})

test('two readers of one entry at the same time: one gets it', async () => {
  const entry = await typed('river7stone4')
  const readers = await Promise.allSettled([read(entry), read(entry), read(entry)])
  expect(readers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
})

test('a keyboard for one purpose serves no other, and is burnt by the try', async () => {
  const entry = await typed('river7stone4')
  await expect(
    keyboards.read(entry, { ...expected, purpose: 'operation' }, async () => undefined),
  ).rejects.toMatchObject(rejected)
  await expect(read(entry)).rejects.toMatchObject(rejected)
})

test('a keyboard serves only the installation it was made for', async () => {
  const entry = await typed('river7stone4')
  const other = Sm2PrivateKey.generate().publicKey.bytes
  await expect(read(entry, { ...expected, clientKey: other })).rejects.toMatchObject(rejected)
})

test('a keyboard ends with its time', async () => {
  const entry = await typed('river7stone4')
  clock.advance(policy.keyboard.validMs)
  await expect(read(entry)).rejects.toMatchObject(rejected)
})

test('a changed, repeated, swapped or foreign tap opens nothing', async () => {
  const foreign = await typed('ab')
  const changes: ((taps: string[]) => string[])[] = [
    ([first = '', ...rest]) => {
      const bytes = base64ToBytes(first)
      bytes[10] = (bytes[10] ?? 0) ^ 1
      return [bytesToBase64(bytes), ...rest]
    },
    ([first = '', ...rest]) => [first, first, ...rest],
    ([first = '', second = '', ...rest]) => [second, first, ...rest],
    (taps) => [...taps.slice(0, -1), foreign.taps.at(-1) ?? ''],
    () => ['AAAA'],
  ]
  for (const change of changes) {
    const entry = await typed('river7stone4')
    await expect(read({ ...entry, taps: change(entry.taps) })).rejects.toMatchObject(malformed)
  }
})

test('a tap the customer corrected may be left out', async () => {
  const entry = await typed('river7xstone4')
  expect(await read({ ...entry, taps: entry.taps.filter((_tap, at) => at !== 6) })).toBe('river7stone4')
})

test('a malformed offer is the client’s fault', async () => {
  const offer = bytesToBase64(new Uint8Array(65))
  await expect(keyboards.issue({ ...expected, offer })).rejects.toMatchObject(malformed)
})

test('the secret is wiped after use, also when the use fails', async () => {
  let kept: SecretBytes | undefined
  const failed = keyboards.read(await typed('river7stone4'), expected, async (secret) => {
    kept = secret
    throw new Error('use failed')
  })
  await expect(failed).rejects.toThrow('use failed')
  expect(() => kept?.use((bytes) => bytes.some((byte) => byte !== 0))).toThrow()
})

test('every keyboard has a layout of its own', async () => {
  const { keyboardId: a } = await typed('')
  const { keyboardId: b } = await typed('')
  expect(layouts.get(a)).not.toBe(layouts.get(b))
  expect([...(layouts.get(a) ?? '')].toSorted()).toEqual([...(layouts.get(b) ?? '')].toSorted())
})
