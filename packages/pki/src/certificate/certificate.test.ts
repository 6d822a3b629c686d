import { derSequence, derUnsigned, encodeDer, ParseError, hexToBytes, bytesToHex } from '@anqu/encoding'
import { Sm2PrivateKey } from '@anqu/gm-crypto'
import * as fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  buildCertificate,
  EKU_OCSP_SIGNING,
  EKU_SERVER_AUTH,
  formatName,
  keyIdentifier,
  parseCertificate,
  PkiError,
  privateKeySigner,
  randomSerial,
  verifyCertificateSignature,
} from '../index.ts'
import { NOW_MS, POLICY, testLeaf, testRoot, testSubCa, YEAR_MS, type Party } from '../testing/test-chain.ts'

let root: Party
let sub: Party
let leaf: Party
beforeAll(async () => {
  root = await testRoot()
  sub = await testSubCa(root)
  leaf = await testLeaf(sub)
})

describe('a built certificate', () => {
  test('reads back with every field it was given', () => {
    const { certificate, key } = leaf
    expect(formatName(certificate.subject)).toBe('CN=channel.test,O=Anqu,C=CN')
    expect(certificate.issuerDer).toEqual(sub.certificate.subjectDer)
    expect([certificate.notBeforeMs, certificate.notAfterMs]).toEqual([NOW_MS - YEAR_MS, NOW_MS + YEAR_MS])
    expect(certificate.publicKey.equals(key.publicKey)).toBe(true)
    expect(certificate.keyUsage).toEqual(['digitalSignature', 'keyAgreement'])
    expect(certificate.extKeyUsage).toEqual([EKU_SERVER_AUTH])
    expect(certificate.policies).toEqual([POLICY])
    expect(certificate.subjectAltNames).toEqual([{ kind: 'dns', value: 'channel.test' }])
    expect(certificate.extensions.basicConstraints).toEqual({ ca: false })
    expect(certificate.extensions.subjectKeyId).toEqual(keyIdentifier(key.publicKey))
    expect(certificate.extensions.authorityKeyId?.keyId).toEqual(sub.certificate.extensions.subjectKeyId)
    expect(certificate.extensions.unknownCritical).toEqual([])
    expect(sub.certificate.extensions.basicConstraints).toEqual({ ca: true, pathLength: 0 })
    expect(root.certificate.selfIssued).toBe(true)
  })

  test('verifies under its issuer and under nobody else', () => {
    expect(verifyCertificateSignature(leaf.certificate, sub.key.publicKey)).toBe(true)
    expect(verifyCertificateSignature(leaf.certificate, root.key.publicKey)).toBe(false)
  })

  test('does not verify after any single bit of it was flipped', () => {
    const { raw } = leaf.certificate
    fc.assert(
      fc.property(fc.nat(raw.length * 8 - 1), (bit) => {
        const changed = raw.slice()
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (0x80 >> (bit & 7))
        let verifies: boolean
        try {
          verifies = verifyCertificateSignature(parseCertificate(changed), sub.key.publicKey)
        } catch (error) {
          expect(error).toBeInstanceOf(ParseError)
          return
        }
        expect(verifies).toBe(false)
      }),
      { numRuns: 300 },
    )
  })

  test('holds locations and addresses', async () => {
    const { certificate } = await testLeaf(sub, {
      extensions: {
        crlUrls: ['http://crl.test/1.crl'],
        ocspUrls: ['http://ocsp.test/'],
        caIssuerUrls: ['http://ca.test/issuing.cer'],
        deltaCrlUrls: ['http://crl.test/delta.crl'],
        subjectAltNames: [
          { kind: 'ip', value: Uint8Array.of(127, 0, 0, 1) },
          { kind: 'email', value: 'a@b.test' },
          { kind: 'uri', value: 'urn:uuid:0' },
          { kind: 'directory', value: [{ type: 'O', value: 'Anqu' }] },
        ],
      },
    })
    expect(certificate.extensions.crlUrls).toEqual(['http://crl.test/1.crl'])
    expect(certificate.extensions.ocspUrls).toEqual(['http://ocsp.test/'])
    expect(certificate.extensions.caIssuerUrls).toEqual(['http://ca.test/issuing.cer'])
    expect(certificate.extensions.deltaCrlUrls).toEqual(['http://crl.test/delta.crl'])
    expect(certificate.extensions.critical).toEqual(new Set(['2.5.29.19', '2.5.29.15']))
    expect(certificate.subjectAltNames.map((name) => name.kind)).toEqual(['ip', 'email', 'uri', 'directory'])
  })
})

test('a responder that need not be asked about says so, and not as a critical extension', async () => {
  const extensions = { extKeyUsage: [EKU_OCSP_SIGNING], ocspNoCheck: true }
  const { certificate } = await testLeaf(sub, { extensions })
  expect(certificate.extensions.ocspNoCheck).toBe(true)
  expect(bytesToHex(certificate.raw)).toContain('300f06092b060105050730010504020500')
  expect(leaf.certificate.extensions.ocspNoCheck).toBeUndefined()
})

describe('what no verifier would accept is not built', () => {
  test.each([
    ['a serial number shorter than 64 bits', { serial: new Uint8Array(7).fill(1) }],
    ['a serial number longer than 20 bytes', { serial: new Uint8Array(21).fill(1) }],
    ['a serial number that begins with zero', { serial: new Uint8Array(16) }],
    ['a validity that ends before it begins', { notAfterMs: NOW_MS - 2 * YEAR_MS }],
    ['a validity beyond that of the issuer', { notAfterMs: NOW_MS + 2 * YEAR_MS }],
    ['a country that is not a code', { subject: [{ type: 'C', value: 'China' }] }],
    ['an empty attribute', { subject: [{ type: 'CN', value: '' }] }],
    ['a mark to go unchecked on what may not sign answers', { extensions: { ocspNoCheck: true } }],
    [
      'a host name with a blank',
      { extensions: { subjectAltNames: [{ kind: 'dns' as const, value: 'a b' }] } },
    ],
  ])('%s', async (_, change) => {
    await expect(testLeaf(sub, change)).rejects.toThrow(PkiError)
  })
})

describe('a malformed certificate is refused', () => {
  test('cut short at any byte, or with a byte too many', () => {
    const { raw } = leaf.certificate
    for (let length = 0; length < raw.length; length += 7) {
      expect(() => parseCertificate(raw.subarray(0, length))).toThrow(ParseError)
    }
    expect(() => parseCertificate(Uint8Array.of(...raw, 0))).toThrow(ParseError)
    expect(() => parseCertificate(encodeDer(derSequence(derUnsigned(1))))).toThrow(ParseError)
  })

  test('with another algorithm outside the signed part than inside', () => {
    const oid = '06082a811ccf55018375'
    const text = bytesToHex(leaf.certificate.raw)
    const at = text.lastIndexOf(oid)
    const changed = `${text.slice(0, at)}06082a811ccf55018376${text.slice(at + oid.length)}`
    expect(() => parseCertificate(hexToBytes(changed))).toThrow(/algorithm named outside/)
  })
})

test('serial numbers have 16 bytes, are positive and do not repeat', () => {
  const serials = Array.from({ length: 2000 }, () => randomSerial())
  expect(
    serials.every((serial) => serial.length === 16 && (serial[0] ?? 0) >= 0x40 && (serial[0] ?? 0) < 0x80),
  ).toBe(true)
  expect(new Set(serials.map(bytesToHex)).size).toBe(2000)
})

test('a certificate with an empty subject marks its alternative name critical', async () => {
  const key = Sm2PrivateKey.generate()
  const der = await buildCertificate({
    serial: randomSerial(),
    subject: [],
    publicKey: key.publicKey,
    notBeforeMs: NOW_MS,
    notAfterMs: NOW_MS + 1000,
    issuer: sub.certificate,
    signer: privateKeySigner(sub.key),
    extensions: { subjectAltNames: [{ kind: 'dns', value: 'a.test' }] },
  })
  expect(parseCertificate(der).extensions.critical.has('2.5.29.17')).toBe(true)
})
