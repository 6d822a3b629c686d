import { bytesToHex, hexToBytes } from '@anqu/encoding'
import { Sm2PrivateKey } from '@anqu/gm-crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  createCsr,
  EKU_CLIENT_AUTH,
  EKU_OCSP_SIGNING,
  EKU_SERVER_AUTH,
  keyIdentifier,
  parseCertificate,
  privateKeySigner,
  type ExtensionRequest,
} from './index.ts'
import { reasonSetOf } from './revocation/reason-set.ts'
import * as theirs from './testing/re-read.ts'
import * as messages from './testing/re-read-messages.ts'
import { NOW_MS, testLeaf, testRoot, testSubCa, YEAR_MS, type Party } from './testing/test-chain.ts'

/** @peculiar/asn1-* as independent reader: what was asked for is what it finds, and it writes the same bytes again. */
const SM2_WITH_SM3 = '1.2.156.10197.1.501'
const country = { type: 'C', value: 'CN' } as const
const named = (value: string): string[] => ['2.5.4.6=CN', '2.5.4.10=Anqu', `2.5.4.3=${value}`]

let root: Party
let sub: Party
let leaf: Party
beforeAll(async () => {
  root = await testRoot()
  sub = await testSubCa(root)
  leaf = await testLeaf(sub)
})

describe('certificates', () => {
  test('serial, names, times, key, algorithm and signature are those asked for', async () => {
    const serial = hexToBytes('80112233445566778899aabbccddeeff')
    const { certificate, key } = await testLeaf(sub, { serial, notAfterMs: NOW_MS })
    const own = bytesToHex(keyIdentifier(key.publicKey))
    expect(theirs.certificate(certificate.raw)).toEqual({
      version: 3,
      serial: '80112233445566778899aabbccddeeff',
      algorithms: [SM2_WITH_SM3, SM2_WITH_SM3],
      issuer: named('Test Issuing CA'),
      subject: named('channel.test'),
      notBeforeMs: NOW_MS - YEAR_MS,
      notAfterMs: NOW_MS,
      publicKey: `1.2.840.10045.2.1 06082a811ccf5501822d ${bytesToHex(key.publicKey.bytes)}`,
      extensions: {
        '2.5.29.35': bytesToHex(keyIdentifier(sub.key.publicKey)),
        '2.5.29.14': own,
        '2.5.29.19': { critical: { ca: false } },
        '2.5.29.15': { critical: ['digitalSignature', 'keyAgreement'] },
        '2.5.29.37': [EKU_SERVER_AUTH],
        '2.5.29.17': ['dns:channel.test'],
        '2.5.29.32': ['2.25.1234567890'],
      },
      signature: bytesToHex(certificate.signature),
    })
    const [r, s] = messages.signatureParts(certificate.signature)
    expect([r.length, s.length].every((length) => length > 40 && length <= 64)).toBe(true)
  })

  const points: ExtensionRequest['crlPoints'] = [
    {
      name: { kind: 'full', names: [{ kind: 'uri', value: 'http://crl.test/1' }] },
      reasons: reasonSetOf(['keyCompromise', 'aACompromise']),
    },
    {
      name: { kind: 'relative', name: [{ type: 'CN', value: 'shard 7' }] },
      crlIssuer: [{ kind: 'directory', value: [country] }],
    },
  ]
  const asked: [string, ExtensionRequest, Record<string, theirs.Plain>][] = [
    ['a root', { basicConstraints: { ca: true } }, { '2.5.29.19': { critical: { ca: true } } }],
    [
      'a path length of zero',
      { basicConstraints: { ca: true, pathLength: 0 } },
      { '2.5.29.19': { critical: { ca: true, pathLength: 0 } } },
    ],
    [
      'every key usage',
      {
        keyUsage: [
          'digitalSignature',
          'nonRepudiation',
          'keyEncipherment',
          'dataEncipherment',
          'keyAgreement',
          'keyCertSign',
          'cRLSign',
          'encipherOnly',
          'decipherOnly',
        ],
      },
      {
        // It lists the bits by name.
        '2.5.29.15': {
          critical: [
            'crlSign',
            'dataEncipherment',
            'decipherOnly',
            'digitalSignature',
            'encipherOnly',
            'keyAgreement',
            'keyCertSign',
            'keyEncipherment',
            'nonRepudiation',
          ],
        },
      },
    ],
    [
      'purposes',
      { extKeyUsage: [EKU_CLIENT_AUTH, EKU_SERVER_AUTH] },
      { '2.5.29.37': [EKU_CLIENT_AUTH, EKU_SERVER_AUTH] },
    ],
    [
      'alternative names of every kind',
      {
        subjectAltNames: [
          { kind: 'dns', value: '*.test' },
          { kind: 'email', value: 'a@b.test' },
          { kind: 'uri', value: 'urn:uuid:0' },
          { kind: 'ip', value: Uint8Array.of(127, 0, 0, 1) },
          { kind: 'ip', value: Uint8Array.from({ length: 16 }, (_, at) => at) },
          { kind: 'directory', value: [country, { type: 'CN', value: '张三' }] },
        ],
      },
      {
        '2.5.29.17': [
          'dns:*.test',
          'email:a@b.test',
          'uri:urn:uuid:0',
          'ip:127.0.0.1',
          'ip:1:203:405:607:809:a0b:c0d:e0f',
          { directory: ['2.5.4.6=CN', '2.5.4.3=张三'] },
        ],
      },
    ],
    [
      'name constraints',
      {
        nameConstraints: {
          permitted: [
            { kind: 'dns', value: 'test' },
            { kind: 'directory', value: [country] },
          ],
          excluded: [{ kind: 'ip', value: Uint8Array.of(10, 0, 0, 0, 255, 0, 0, 0) }],
        },
      },
      {
        '2.5.29.30': {
          critical: {
            permitted: ['dns:test', { directory: ['2.5.4.6=CN'] }],
            excluded: ['ip:10.0.0.0/8'],
          },
        },
      },
    ],
    [
      'policies with mappings and limits',
      {
        policies: ['2.5.29.32.0', '1.2.156.1'],
        policyMappings: [{ issuerPolicy: '1.2.156.1', subjectPolicy: '1.2.156.2' }],
        policyConstraints: { requireExplicitPolicy: 0, inhibitPolicyMapping: 130 },
        inhibitAnyPolicy: 3,
      },
      {
        '2.5.29.32': ['2.5.29.32.0', '1.2.156.1'],
        '2.5.29.33': { critical: ['1.2.156.1>1.2.156.2'] },
        '2.5.29.36': { critical: { requireExplicit: 0, inhibitMapping: 130 } },
        '2.5.29.54': { critical: 3 },
      },
    ],
    [
      'places of lists, answers and issuers',
      {
        crlPoints: points,
        crlUrls: ['http://crl.test/2'],
        deltaCrlUrls: ['http://crl.test/d'],
        ocspUrls: ['http://ocsp.test/'],
        caIssuerUrls: ['http://ca.test/sub.cer'],
      },
      {
        '2.5.29.31': [
          { name: ['uri:http://crl.test/1'], reasons: ['aACompromise', 'keyCompromise'] },
          { name: { relative: ['2.5.4.3=shard 7'] }, crlIssuer: [{ directory: ['2.5.4.6=CN'] }] },
          { name: ['uri:http://crl.test/2'] },
        ],
        '2.5.29.46': [{ name: ['uri:http://crl.test/d'] }],
        '1.3.6.1.5.5.7.1.1': [
          '1.3.6.1.5.5.7.48.1 uri:http://ocsp.test/',
          '1.3.6.1.5.5.7.48.2 uri:http://ca.test/sub.cer',
        ],
      },
    ],
    [
      'a responder that need not be asked about',
      { extKeyUsage: [EKU_OCSP_SIGNING], ocspNoCheck: true },
      { '2.5.29.37': [EKU_OCSP_SIGNING], '1.3.6.1.5.5.7.48.1.5': '0500' },
    ],
  ]

  test.each(asked)('%s', async (_, extensions, expected) => {
    const { certificate } = await testLeaf(sub, { extensions })
    expect(theirs.certificate(certificate.raw)['extensions']).toMatchObject(expected)
  })

  test('an empty subject, one with joined attributes, and years beyond 2049', async () => {
    const subject = [country, { type: 'O', value: 'Anqu' }, { type: 'OU', value: 'a', joined: true }] as const
    const far = await testRoot({ subject, notAfterMs: Date.UTC(2060, 0, 1) })
    expect(theirs.certificate(far.certificate.raw)).toMatchObject({
      subject: ['2.5.4.6=CN', '2.5.4.11=a+2.5.4.10=Anqu'],
      notAfterMs: Date.UTC(2060, 0, 1),
    })
    const { certificate } = await testLeaf(sub, { subject: [] })
    expect(theirs.certificate(certificate.raw)).toMatchObject({
      subject: [],
      extensions: { '2.5.29.17': { critical: ['dns:channel.test'] } },
    })
  })
})

test('a request has the subject, the key and no attributes', async () => {
  const key = Sm2PrivateKey.generate()
  const csr = await createCsr({
    key: privateKeySigner(key),
    subject: [country, { type: 'CN', value: '张三' }],
  })
  expect(messages.request(csr)).toMatchObject({
    version: 0,
    subject: ['2.5.4.6=CN', '2.5.4.3=张三'],
    publicKey: `1.2.840.10045.2.1 06082a811ccf5501822d ${bytesToHex(key.publicKey.bytes)}`,
    attributes: 0,
    algorithm: SM2_WITH_SM3,
  })
})

test('this reader finds a byte that was changed', () => {
  const before = theirs.certificate(leaf.certificate.raw)
  const changed = leaf.certificate.raw.slice()
  const at = changed.length - 3
  changed[at] = (changed[at] ?? 0) ^ 1
  expect(theirs.certificate(changed)).not.toEqual(before)
  expect(parseCertificate(changed).serialHex).toBe(before['serial'])
})
