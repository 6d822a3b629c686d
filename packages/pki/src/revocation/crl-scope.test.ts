import { Sm2PrivateKey } from '@anqu/gm-crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  buildCrl,
  checkPathRevocation,
  checkRevocation,
  parseCrl,
  privateKeySigner,
  type Crl,
  type CrlRequest,
} from '../index.ts'
import { NOW_MS, testLeaf, testRoot, testSubCa, type Party } from '../testing/test-chain.ts'
import { reasonSetOf } from './reason-set.ts'

const HOUR_MS = 3_600_000
let root: Party
let sub: Party
let leaf: Party
beforeAll(async () => {
  root = await testRoot()
  sub = await testSubCa(root)
  leaf = await testLeaf(sub)
})

async function list(by: Party, change: Partial<CrlRequest> = {}): Promise<Crl> {
  return parseCrl(
    await buildCrl({
      issuer: by.certificate,
      signer: privateKeySigner(by.key),
      thisUpdateMs: NOW_MS - HOUR_MS,
      nextUpdateMs: NOW_MS + HOUR_MS,
      number: 5n,
      revoked: [],
      ...change,
    }),
  )
}

const ask = (crls: Crl[]): ReturnType<typeof checkRevocation> =>
  checkRevocation({ certificate: leaf.certificate, issuer: sub.certificate, crls, atMs: NOW_MS })

const revokedLeaf = (): CrlRequest['revoked'] => [
  { serial: leaf.certificate.serial, revokedAtMs: NOW_MS - HOUR_MS, reason: 'keyCompromise' },
]

describe('lists of some reasons', () => {
  const some = { urls: [], only: 'all' as const, reasons: reasonSetOf(['keyCompromise', 'cACompromise']) }
  const rest = {
    urls: [],
    only: 'all' as const,
    reasons: reasonSetOf([
      'affiliationChanged',
      'superseded',
      'cessationOfOperation',
      'certificateHold',
      'privilegeWithdrawn',
      'aACompromise',
    ]),
  }

  test('say nothing alone and clear a certificate only together', async () => {
    expect(ask([await list(sub, { scope: some })])).toMatchObject({
      status: 'unknown',
      detail: expect.stringContaining('all reasons'),
    })
    expect(ask([await list(sub, { scope: some }), await list(sub, { scope: rest })]).status).toBe('good')
  })

  test('revoke alone', async () => {
    expect(ask([await list(sub, { scope: some, revoked: revokedLeaf() })]).status).toBe('revoked')
  })

  test('a flag without a meaning cannot be asked for', () => {
    expect(() => reasonSetOf(['unspecified'])).toThrow(RangeError)
  })
})

describe('a delta list', () => {
  test('of another scope, base or key changes nothing', async () => {
    const complete = await list(sub)
    const scope = { urls: [], only: 'end-entities' as const }
    const others = [
      await list(sub, { number: 6n, deltaBase: 5n, scope, revoked: revokedLeaf() }),
      await list(sub, { number: 9n, deltaBase: 6n, revoked: revokedLeaf() }),
      await list(
        { ...sub, key: Sm2PrivateKey.generate() },
        { number: 6n, deltaBase: 5n, revoked: revokedLeaf() },
      ),
    ]
    for (const other of others) expect(ask([complete, other]).status).toBe('good')
    const fitting = await list(sub, { number: 6n, deltaBase: 5n, revoked: revokedLeaf() })
    expect(ask([complete, ...others, fitting]).status).toBe('revoked')
  })

  test('is pointed to by complete lists only, and is newer than its base', async () => {
    const urls = ['http://crl.test/delta']
    expect((await list(sub, { deltaUrls: urls })).deltaUrls).toEqual(urls)
    await expect(list(sub, { deltaBase: 4n, deltaUrls: urls })).rejects.toThrow(/complete list/)
    await expect(list(sub, { deltaBase: 5n })).rejects.toThrow(/higher number/)
  })
})

describe('a key of its own for lists', () => {
  async function signerOf(by: Party, usage: 'cRLSign' | 'digitalSignature'): Promise<Party> {
    const subject = sub.certificate.subject
    return testLeaf(by, { subject, extensions: { keyUsage: [usage], extKeyUsage: [] } })
  }

  const check = (crls: Crl[], signer: Party): ReturnType<typeof checkPathRevocation> =>
    checkPathRevocation({
      path: [leaf.certificate, sub.certificate, root.certificate],
      crls,
      atMs: NOW_MS,
      signers: [signer.certificate],
    })

  test('holds when the anchor certified it for lists, and it is not revoked itself', async () => {
    const signer = await signerOf(root, 'cRLSign')
    const ofRoot = await list(root)
    const byOther = await list(signer)
    expect(check([ofRoot, byOther], signer)).toBeUndefined()
    const serial = signer.certificate.serial
    const against = await list(root, { revoked: [{ serial, revokedAtMs: NOW_MS, reason: 'superseded' }] })
    expect(check([against, byOther], signer)).toMatchObject({
      rule: 'status-unknown',
      certificate: leaf.certificate.toString(),
    })
  })

  test('does not hold without the key usage, from another anchor, or from nobody', async () => {
    const ofRoot = await list(root)
    const unfit = await signerOf(root, 'digitalSignature')
    expect(check([ofRoot, await list(unfit)], unfit)?.rule).toBe('status-unknown')
    const stranger = await signerOf(await testRoot(), 'cRLSign')
    expect(check([ofRoot, await list(stranger)], stranger)?.rule).toBe('status-unknown')
  })

  test('does not hold for a CA that may sign certificates only (PKITS 4.7.4, 4.7.5)', async () => {
    const mute = await testSubCa(root, { extensions: { keyUsage: ['keyCertSign'] } })
    const { certificate } = await testLeaf(mute)
    const crls = [await list(mute)]
    expect(checkRevocation({ certificate, issuer: mute.certificate, crls, atMs: NOW_MS })).toMatchObject({
      status: 'unknown',
      detail: expect.stringContaining('may not sign lists'),
    })
  })

  test('a revoked intermediate is named with time and reason', async () => {
    const serial = sub.certificate.serial
    const against = await list(root, { revoked: [{ serial, revokedAtMs: NOW_MS, reason: 'cACompromise' }] })
    const refusal = check([against, await list(sub)], sub)
    expect(refusal).toMatchObject({ rule: 'revoked', certificate: sub.certificate.toString() })
    expect(refusal?.detail).toContain('cACompromise')
    expect(refusal?.source).toContain('section 6.3; B-7.3.2.2-7')
  })
})
