import { ParseError } from '@anqu/encoding'
import { randomBytes, Sm2PrivateKey } from '@anqu/gm-crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  buildOcspError,
  buildOcspResponse,
  certIdOf,
  createOcspRequest,
  EKU_ANY,
  EKU_OCSP_SIGNING,
  ocspRequestFromPath,
  ocspRequestToPath,
  parseOcspRequest,
  privateKeySigner,
  verifyOcspResponse,
  type Certificate,
  type OcspAnswer,
  type OcspCheck,
  type OcspResponseRequest,
  type OcspVerdict,
} from '../index.ts'
import { NOW_MS, testLeaf, testRoot, testSubCa, type Party } from '../testing/test-chain.ts'

const HOUR_MS = 3_600_000
let sub: Party
let leaf: Party
let responder: Party
beforeAll(async () => {
  sub = await testSubCa(await testRoot())
  leaf = await testLeaf(sub)
  responder = await testLeaf(sub, {
    subject: [{ type: 'CN', value: 'OCSP' }],
    extensions: { extKeyUsage: [EKU_OCSP_SIGNING], keyUsage: ['digitalSignature'], ocspNoCheck: true },
  })
})

const answer = (state: OcspAnswer['state'], change: Partial<OcspAnswer> = {}): OcspAnswer => ({
  certId: certIdOf(sub.certificate, leaf.certificate.serial),
  state,
  thisUpdateMs: NOW_MS,
  nextUpdateMs: NOW_MS + HOUR_MS,
  ...change,
})

const respond = (change: Partial<OcspResponseRequest> = {}): Promise<Uint8Array> =>
  buildOcspResponse({
    answers: [answer({ status: 'good' })],
    producedAtMs: NOW_MS,
    responder: responder.certificate,
    sendResponder: 'with-certificate',
    signer: privateKeySigner(responder.key),
    ...change,
  })

const verify = (response: Uint8Array, more: Partial<OcspCheck> = {}): OcspVerdict =>
  verifyOcspResponse({
    response,
    certificate: leaf.certificate,
    issuer: sub.certificate,
    atMs: NOW_MS,
    ...more,
  })

describe('OCSP requests', () => {
  test('read back with their questions and nonce, over POST and GET', () => {
    const certIds = [leaf, responder].map((party) => certIdOf(sub.certificate, party.certificate.serial))
    const nonce = randomBytes(32)
    const der = createOcspRequest({ certIds, nonce })
    expect(parseOcspRequest(der)).toEqual({ certIds, nonce })
    expect(ocspRequestFromPath(ocspRequestToPath(der))).toEqual(der)
    expect(parseOcspRequest(createOcspRequest({ certIds }))).toEqual({ certIds })
  })

  test('are refused when cut short, with trailing bytes, or with a nonce of impossible length', () => {
    const certIds = [certIdOf(sub.certificate, leaf.certificate.serial)]
    const der = createOcspRequest({ certIds, nonce: randomBytes(16) })
    for (let length = 0; length < der.length; length++) {
      expect(() => parseOcspRequest(der.subarray(0, length))).toThrow(ParseError)
    }
    expect(() => parseOcspRequest(Uint8Array.of(...der, 0))).toThrow(ParseError)
    expect(() => createOcspRequest({ certIds, nonce: new Uint8Array(129) })).toThrow(RangeError)
    expect(() => ocspRequestFromPath('%E0%A4%A')).toThrow(ParseError)
  })
})

describe('OCSP answers', () => {
  test('good, revoked and unknown come through a delegated responder', async () => {
    expect(verify(await respond())).toEqual({ status: 'good', nextUpdateMs: NOW_MS + HOUR_MS })
    const revoked = { status: 'revoked', revokedAtMs: NOW_MS - HOUR_MS, reason: 'keyCompromise' } as const
    expect(verify(await respond({ answers: [answer(revoked)] }))).toMatchObject(revoked)
    expect(verify(await respond({ answers: [answer({ ...revoked, reason: 'unspecified' })] }))).toMatchObject(
      {
        reason: 'unspecified',
      },
    )
    expect(verify(await respond({ answers: [answer({ status: 'unknown' })] })).status).toBe('unknown')
  })

  test('the issuer itself may answer, without sending its certificate', async () => {
    const own = {
      responder: sub.certificate,
      signer: privateKeySigner(sub.key),
      sendResponder: 'without-certificate',
    } as const
    expect(verify(await respond(own)).status).toBe('good')
  })

  test('the nonce that was sent must come back', async () => {
    const nonce = randomBytes(16)
    expect(verify(await respond({ nonce }), { nonce }).status).toBe('good')
    expect(verify(await respond({ nonce: randomBytes(16) }), { nonce }).status).toBe('no-answer')
    expect(verify(await respond(), { nonce }).status).toBe('no-answer')
  })

  test('prove nothing when stale, from the future, about another certificate or from a stranger', async () => {
    const stranger = await testLeaf(sub, { subject: [{ type: 'CN', value: 'OCSP' }] })
    const forger = privateKeySigner(Sm2PrivateKey.generate())
    const other = { certId: certIdOf(sub.certificate, responder.certificate.serial) }
    const cases: [string, Uint8Array, number][] = [
      ['stale', await respond(), NOW_MS + HOUR_MS + 1000],
      ['from the future', await respond(), NOW_MS - 2 * 60_000],
      ['about another', await respond({ answers: [answer({ status: 'good' }, other)] }), NOW_MS],
      [
        'not for OCSP',
        await respond({ responder: stranger.certificate, signer: privateKeySigner(stranger.key) }),
        NOW_MS,
      ],
      ['without the certificate', await respond({ sendResponder: 'without-certificate' }), NOW_MS],
      ['wrongly signed', await respond({ signer: forger }), NOW_MS],
      ['an error', buildOcspError('tryLater'), NOW_MS],
    ]
    for (const [why, response, atMs] of cases)
      expect([why, verify(response, { atMs }).status]).toEqual([why, 'no-answer'])
  })

  test('a delegate counts only if this issuer itself certified it for OCSP signing', async () => {
    const subject = [{ type: 'CN', value: 'OCSP' }] as const
    const extensions = {
      extKeyUsage: [EKU_OCSP_SIGNING],
      keyUsage: ['digitalSignature'],
      ocspNoCheck: true,
    } as const
    const root = await testRoot()
    const twin = await testSubCa(root)
    const delegates: [string, Party, boolean][] = [
      ['of the issuer', await testLeaf(sub, { subject, extensions }), true],
      ['of the root above it', await testLeaf(root, { subject, extensions }), false],
      ['of a CA of the same name', await testLeaf(twin, { subject, extensions }), false],
      ['below the issuer', await testLeaf(leaf, { subject, extensions }), false],
      [
        'for every purpose',
        await testLeaf(sub, {
          subject,
          extensions: { ...extensions, extKeyUsage: [EKU_ANY], ocspNoCheck: false },
        }),
        false,
      ],
      [
        'without the key usage',
        await testLeaf(sub, { subject, extensions: { ...extensions, keyUsage: ['keyAgreement'] } }),
        false,
      ],
      ['that has expired', await testLeaf(sub, { subject, extensions, notAfterMs: NOW_MS - HOUR_MS }), false],
    ]
    for (const [which, { certificate, key }, counts] of delegates) {
      const response = await respond({ responder: certificate, signer: privateKeySigner(key) })
      const status = verify(response, { responderStatus: () => 'good' }).status
      expect([which, status]).toEqual([which, counts ? 'good' : 'no-answer'])
    }
  })

  test('a delegate without ocsp-nocheck counts only while its own certificate is known to be good', async () => {
    const extensions = { extKeyUsage: [EKU_OCSP_SIGNING], keyUsage: ['digitalSignature'] } as const
    const { certificate, key } = await testLeaf(sub, { extensions })
    const response = await respond({ responder: certificate, signer: privateKeySigner(key) })
    expect(verify(response)).toMatchObject({ status: 'no-answer', source: 'RFC 6960 section 4.2.2.2.1' })
    for (const state of ['good', 'revoked', 'unknown'] as const) {
      const responderStatus = (asked: Certificate): typeof state => {
        expect(asked.serialHex).toBe(certificate.serialHex)
        return state
      }
      expect(verify(response, { responderStatus }).status).toBe(state === 'good' ? 'good' : 'no-answer')
    }
  })

  test('any flipped bit leaves no answer', async () => {
    const response = await respond()
    for (let bit = 0; bit < response.length * 8; bit += 13) {
      const changed = response.slice()
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (0x80 >> (bit & 7))
      let status: string
      try {
        status = verify(changed).status
      } catch (error) {
        expect(error).toBeInstanceOf(ParseError)
        continue
      }
      // Bits outside the signed part (the responder's certificate) may only lead to a refusal as well.
      expect([bit, status]).toEqual([bit, 'no-answer'])
    }
  })
})
