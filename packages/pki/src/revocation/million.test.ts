import { bytesToHex, ParseError } from '@anqu/encoding'
import { initGmCrypto } from '@anqu/gm-crypto'
import { beforeAll, expect, test } from 'vitest'
import { buildCrl, CrlEntries, parseCrl, PkiError, privateKeySigner, type CrlRequest } from '../index.ts'
import { mutate, seededNumbers } from '@anqu/encoding/testing'
import { NOW_MS, testRoot, type Party } from '../testing/test-chain.ts'
import { commonEntryLength } from './common-entry.ts'
import { EntryIndex } from './entry-index.ts'

const MILLION = 1_000_000
let root: Party
beforeAll(async () => {
  await initGmCrypto()
  root = await testRoot()
})

const build = (revoked: CrlRequest['revoked']): Promise<Uint8Array> =>
  buildCrl({
    issuer: root.certificate,
    signer: privateKeySigner(root.key),
    thisUpdateMs: NOW_MS,
    nextUpdateMs: NOW_MS + 3_600_000,
    number: 1n,
    revoked,
  })

/** Serial number of 16 bytes, number `at` in ascending order with gaps. */
function serialOf(at: number): Uint8Array {
  const serial = new Uint8Array(16)
  serial[0] = 0x40
  new DataView(serial.buffer).setUint32(4, at * 3 + 1)
  return serial
}

test('a list over a million serials, streamed in any order, is built, read and searched by comparing some twenty of them', async () => {
  const entries = new CrlEntries()
  // A multiplier without a common factor visits every serial once, far out of order.
  for (let at = 0; at < MILLION; at++) {
    const serial = serialOf((at * 7919) % MILLION)
    entries.add({ serial, revokedAtMs: NOW_MS - at * 1000, reason: 'keyCompromise' })
  }
  const crl = parseCrl(await build(entries))
  expect(crl.size).toBe(MILLION)
  for (let at = 0; at < MILLION; at += 9973) {
    expect(crl.find(serialOf(at))?.serialHex).toBe(bytesToHex(serialOf(at)))
    const between = serialOf(at)
    between[7] = (between[7] ?? 0) ^ 1
    const isOther = (new DataView(between.buffer).getUint32(4) - 1) % 3 !== 0
    expect(crl.find(between) === undefined).toBe(isOther)
  }
  const changedAt = crl.find(serialOf(7919))
  expect(changedAt?.revokedAtMs).toBe(NOW_MS - 1000)
})

test('the times of entries are those given, across days, months and the year 2050', async () => {
  const times = [
    Date.UTC(1999, 11, 31, 23, 59, 59),
    Date.UTC(2024, 1, 29, 0, 0, 0),
    Date.UTC(2051, 0, 1, 8, 7, 6),
  ]
  const entries = times.map((revokedAtMs, at) => ({
    serial: serialOf(at),
    revokedAtMs,
    reason: 'unspecified' as const,
  }))
  const crl = parseCrl(await build(entries))
  expect(times.map((_, at) => crl.find(serialOf(at))?.revokedAtMs)).toEqual(times)
})

test('a serial twice is neither built nor read', async () => {
  const entry = { serial: serialOf(1), revokedAtMs: NOW_MS, reason: 'superseded' as const }
  await expect(build([entry, entry])).rejects.toThrow(PkiError)
  const one = new CrlEntries().add(entry).encode()
  const twice = Uint8Array.from([...one, ...one])
  expect(() => EntryIndex.over(twice, 'direct', '')).toThrow(ParseError)
})

test('the fast reader of entries accepts nothing that the strict one refuses', () => {
  const seed = crypto.getRandomValues(new Uint32Array(1))[0] ?? 1
  const random = seededNumbers(seed)
  const samples = (['unspecified', 'superseded'] as const).map((reason) =>
    new CrlEntries().add({ serial: serialOf(5), revokedAtMs: NOW_MS, reason }).encode(),
  )
  let common = 0
  for (let round = 0; round < 40_000; round++) {
    const input = mutate(samples[round % 2] ?? new Uint8Array(0), random)
    const length = commonEntryLength(input, 0)
    if (length === 0) continue
    common += 1
    // Behind an entry in a form that is not common, the strict reader sees this one too.
    const index = EntryIndex.over(input.subarray(0, length), 'direct', '')
    expect(index.size, `seed ${seed}, round ${round}`).toBe(1)
    const serial = input.subarray(input[4] === 0 ? 5 : 4, 4 + (input[3] ?? 0))
    expect(index.find(serial), `seed ${seed}, round ${round}`).toBeDefined()
  }
  expect(common).toBeGreaterThan(100)
})
