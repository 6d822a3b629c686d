import { bytesToHex, hexToBytes, ParseError } from '@anqu/encoding'
import * as fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  buildCrl,
  checkRevocation,
  parseCrl,
  PkiError,
  privateKeySigner,
  randomSerial,
  verifyCrlSignature,
  type Crl,
  type CrlRequest,
  type RevocationReason,
  type RevokedSerial,
} from '../index.ts'
import { NOW_MS, testLeaf, testRoot, testSubCa, type Party } from '../testing/test-chain.ts'

const HOUR_MS = 3_600_000
const SHARD = 'http://crl.test/7.crl'
let root: Party
let sub: Party
let leaf: Party
beforeAll(async () => {
  root = await testRoot()
  sub = await testSubCa(root)
  leaf = await testLeaf(sub, { extensions: { crlUrls: [SHARD] } })
})

const revoked = (serial: Uint8Array, reason: RevocationReason = 'keyCompromise'): RevokedSerial => ({
  serial,
  revokedAtMs: NOW_MS - HOUR_MS,
  reason,
})

async function list(change: Partial<CrlRequest> = {}): Promise<Crl> {
  const der = await buildCrl({
    issuer: sub.certificate,
    signer: privateKeySigner(sub.key),
    thisUpdateMs: NOW_MS - HOUR_MS,
    nextUpdateMs: NOW_MS + HOUR_MS,
    number: 5n,
    revoked: [],
    ...change,
  })
  return parseCrl(der)
}

const ask = (crls: Crl[], atMs = NOW_MS): ReturnType<typeof checkRevocation> =>
  checkRevocation({ certificate: leaf.certificate, issuer: sub.certificate, crls, atMs })

describe('revocation lists', () => {
  test('every revoked serial is found with its reason and time, no other is', async () => {
    const serials = fc.uniqueArray(fc.uint8Array({ minLength: 1, maxLength: 19 }), {
      maxLength: 40,
      selector: bytesToHex,
    })
    await fc.assert(
      fc.asyncProperty(serials, async (drawn) => {
        const entries = drawn
          .filter((serial) => serial[0] !== 0)
          .map((serial) => revoked(serial, 'superseded'))
        const crl = await list({ revoked: entries })
        expect(crl.size).toBe(entries.length)
        for (const { serial } of entries) {
          expect(crl.find(serial)).toEqual({
            serialHex: bytesToHex(serial),
            revokedAtMs: NOW_MS - HOUR_MS,
            reason: 'superseded',
          })
        }
        expect(crl.find(randomSerial())).toBeUndefined()
      }),
      { numRuns: 30 },
    )
  })

  test('a list verifies under its issuer and under nobody else', async () => {
    const crl = await list({ revoked: [revoked(randomSerial())] })
    expect(verifyCrlSignature(crl, sub.key.publicKey)).toBe(true)
    expect(verifyCrlSignature(crl, root.key.publicKey)).toBe(false)
  })

  test('an entry without a reason is unspecified', async () => {
    const serial = randomSerial()
    expect((await list({ revoked: [revoked(serial, 'unspecified')] })).find(serial)?.reason).toBe(
      'unspecified',
    )
  })

  test('a list without order is read and searched all the same', async () => {
    const [low, high] = ['4111111111111111', '4222222222222222']
    const crl = await list({ revoked: [revoked(hexToBytes(low)), revoked(hexToBytes(high))] })
    const swapped = bytesToHex(crl.raw).replace(low, 'x').replace(high, low).replace('x', high)
    const read = parseCrl(hexToBytes(swapped))
    expect(read.find(hexToBytes(low))?.serialHex).toBe(low)
    expect(read.find(hexToBytes(high))?.serialHex).toBe(high)
  })

  test('a list cut short, with trailing bytes or with an unknown critical extension is refused', async () => {
    const { raw } = await list({ revoked: [revoked(randomSerial())], scope: { urls: [SHARD], only: 'all' } })
    for (let length = 0; length < raw.length; length += 5) {
      expect(() => parseCrl(raw.subarray(0, length))).toThrow(ParseError)
    }
    expect(() => parseCrl(Uint8Array.of(...raw, 0))).toThrow(ParseError)
    const unknown = bytesToHex(raw).replace('0603551d1c', '0603551d63')
    expect(() => parseCrl(hexToBytes(unknown))).toThrow(/no critical 2.5.29.99/)
    const unnumbered = bytesToHex(raw).replace('0603551d14', '0603551d63')
    expect(() => parseCrl(hexToBytes(unnumbered))).toThrow(/list number/)
  })

  test('a list that would never be valid, or an impossible serial, is not built', async () => {
    await expect(list({ nextUpdateMs: NOW_MS - HOUR_MS })).rejects.toThrow(PkiError)
    await expect(list({ revoked: [revoked(new Uint8Array(21).fill(1))] })).rejects.toThrow(PkiError)
    await expect(list({ revoked: [revoked(new Uint8Array(2))] })).rejects.toThrow(PkiError)
  })
})

describe('the state of a certificate', () => {
  test('good when the list does not name it, revoked when it does', async () => {
    expect(ask([await list()])).toEqual({ status: 'good' })
    expect(ask([await list({ revoked: [revoked(leaf.certificate.serial)] })])).toEqual({
      status: 'revoked',
      revokedAtMs: NOW_MS - HOUR_MS,
      reason: 'keyCompromise',
    })
  })

  test('unknown without a list that is fresh, in scope, of the issuer and rightly signed', async () => {
    const good = await list()
    const cases: [string, Crl[], number][] = [
      ['no list', [], NOW_MS],
      ['out of date', [good], NOW_MS + HOUR_MS + 1000],
      ['not valid yet', [good], NOW_MS - 2 * HOUR_MS],
      ['other shard', [await list({ scope: { urls: ['http://crl.test/8.crl'], only: 'all' } })], NOW_MS],
      ['of CAs only', [await list({ scope: { urls: [], only: 'authorities' } })], NOW_MS],
      ['of another issuer', [await list({ issuer: root.certificate })], NOW_MS],
      ['signed by another key', [await list({ signer: privateKeySigner(root.key) })], NOW_MS],
      ['a delta list alone', [await list({ deltaBase: 4n })], NOW_MS],
    ]
    for (const [why, crls, atMs] of cases) expect([why, ask(crls, atMs).status]).toEqual([why, 'unknown'])
  })

  test('unknown when the issuer may not sign lists', async () => {
    const silent = await testSubCa(root, { extensions: { keyUsage: ['keyCertSign'] } })
    const end = await testLeaf(silent)
    const crl = await list({
      issuer: silent.certificate,
      signer: privateKeySigner(silent.key),
    })
    const question = { certificate: end.certificate, issuer: silent.certificate, crls: [crl], atMs: NOW_MS }
    expect(checkRevocation(question).status).toBe('unknown')
  })

  test('a shard speaks for the certificates that point to it', async () => {
    const scope = { urls: [SHARD], only: 'end-entities' as const }
    expect(ask([await list({ scope })]).status).toBe('good')
    expect(ask([await list({ scope, revoked: [revoked(leaf.certificate.serial)] })]).status).toBe('revoked')
  })

  test('a delta list revokes, and lifts a hold', async () => {
    const { serial } = leaf.certificate
    const held = await list({ revoked: [revoked(serial, 'certificateHold')] })
    const lift = await list({ number: 6n, deltaBase: 5n, revoked: [revoked(serial, 'removeFromCRL')] })
    expect(ask([held]).status).toBe('revoked')
    expect(ask([held, lift]).status).toBe('good')
    const revoke = await list({ number: 6n, deltaBase: 5n, revoked: [revoked(serial)] })
    expect(ask([await list(), revoke]).status).toBe('revoked')
    const early = await list({ number: 9n, deltaBase: 7n, revoked: [revoked(serial)] })
    expect(ask([await list(), early]).status).toBe('good')
  })

  test('the newest complete list decides', async () => {
    const old = await list({ number: 4n, revoked: [revoked(leaf.certificate.serial)] })
    expect(ask([old, await list()]).status).toBe('good')
    expect(ask([await list({ number: 3n }), old]).status).toBe('revoked')
  })
})
