import { bytesToHex, hexToBytes } from '@anqu/encoding'
import { sm3 } from '@anqu/gm-crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  buildCrl,
  buildOcspError,
  buildOcspResponse,
  certIdOf,
  createOcspRequest,
  EKU_OCSP_SIGNING,
  keyIdentifier,
  parseCrl,
  privateKeySigner,
  type Certificate,
  type CrlRequest,
  type OcspStatus,
} from './index.ts'
import { reasonSetOf } from './revocation/reason-set.ts'
import * as theirs from './testing/re-read.ts'
import * as messages from './testing/re-read-messages.ts'
import { NOW_MS, testLeaf, testRoot, testSubCa, type Party } from './testing/test-chain.ts'

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

describe('revocation lists', () => {
  const serial = hexToBytes('90000000000000000001')
  const entry = { serial, revokedAtMs: NOW_MS - 1000, reason: 'keyCompromise' } as const
  const plain = { serial: '90000000000000000001', atMs: NOW_MS - 1000, '2.5.29.21': 'keyCompromise' }
  const lists: [string, Partial<CrlRequest>, theirs.Plain[], Record<string, theirs.Plain>][] = [
    ['empty', { number: 130n }, [], { '2.5.29.20': 130 }],
    [
      'complete',
      {
        revoked: [
          { serial: Uint8Array.of(5), revokedAtMs: Date.UTC(2051, 1, 1), reason: 'unspecified' },
          entry,
        ],
        deltaUrls: ['http://crl.test/d'],
      },
      [{ serial: '05', atMs: Date.UTC(2051, 1, 1) }, plain],
      { '2.5.29.20': 7, '2.5.29.46': [{ name: ['uri:http://crl.test/d'] }] },
    ],
    [
      'a shard',
      { scope: { urls: ['http://crl.test/1'], only: 'end-entities' }, revoked: [entry] },
      [plain],
      {
        '2.5.29.28': {
          critical: {
            name: ['uri:http://crl.test/1'],
            userCerts: true,
            caCerts: false,
            attributeCerts: false,
            indirect: false,
          },
        },
      },
    ],
    [
      'authorities, for some reasons, under a relative name',
      {
        scope: {
          urls: [],
          only: 'authorities',
          relative: [{ type: 'CN', value: 'shard 7' }],
          reasons: reasonSetOf(['cACompromise']),
        },
      },
      [],
      {
        '2.5.29.28': {
          critical: {
            name: { relative: ['2.5.4.3=shard 7'] },
            reasons: ['cACompromise'],
            userCerts: false,
            caCerts: true,
            attributeCerts: false,
            indirect: false,
          },
        },
      },
    ],
    [
      'a delta list of a shard',
      {
        deltaBase: 6n,
        scope: { urls: ['http://crl.test/1'], only: 'all' },
        revoked: [{ ...entry, reason: 'removeFromCRL' }],
      },
      [{ ...plain, '2.5.29.21': 'removeFromCRL' }],
      {
        '2.5.29.27': { critical: 6 },
        '2.5.29.28': {
          critical: {
            name: ['uri:http://crl.test/1'],
            userCerts: false,
            caCerts: false,
            attributeCerts: false,
            indirect: false,
          },
        },
      },
    ],
    [
      'an indirect list',
      {
        scope: { urls: [], only: 'all', indirect: true },
        revoked: [{ ...entry, certificateIssuer: [country] }, entry],
      },
      [plain, { ...plain, '2.5.29.29': { critical: [{ directory: ['2.5.4.6=CN'] }] } }],
      {
        '2.5.29.28': {
          critical: { userCerts: false, caCerts: false, attributeCerts: false, indirect: true },
        },
      },
    ],
  ]

  test.each(lists)('%s', async (_, change, revoked, extensions) => {
    const list = await buildCrl({
      issuer: sub.certificate,
      signer: privateKeySigner(sub.key),
      thisUpdateMs: NOW_MS,
      nextUpdateMs: Date.UTC(2050, 0, 1),
      number: 7n,
      revoked: [],
      ...change,
    })
    expect(theirs.revocationList(list)).toMatchObject({
      version: 2,
      algorithms: [SM2_WITH_SM3, SM2_WITH_SM3],
      issuer: named('Test Issuing CA'),
      thisUpdateMs: NOW_MS,
      nextUpdateMs: Date.UTC(2050, 0, 1),
      revoked,
      extensions: { '2.5.29.35': bytesToHex(keyIdentifier(sub.key.publicKey)), ...extensions },
      signature: bytesToHex(parseCrl(list).signature),
    })
  })
})

describe('OCSP', () => {
  const nonce = Uint8Array.from({ length: 32 }, (_, at) => at)
  const nonces = { '1.3.6.1.5.5.7.48.1.2': `0420${bytesToHex(nonce)}` }
  const idOf = (certificate: Certificate): theirs.Plain => ({
    hash: '1.2.156.10197.1.401',
    name: bytesToHex(sm3(sub.certificate.subjectDer)),
    key: bytesToHex(sm3(sub.key.publicKey.bytes)),
    serial: certificate.serialHex,
  })

  test('a question names its certificates and carries the nonce', () => {
    const parties = [leaf, sub].map(({ certificate }) => certificate)
    const certIds = parties.map(({ serial }) => certIdOf(sub.certificate, serial))
    const plain = { signed: false, questions: parties.map(idOf) }
    expect(messages.ocspQuestion(createOcspRequest({ certIds, nonce }))).toEqual({
      ...plain,
      extensions: nonces,
    })
    expect(messages.ocspQuestion(createOcspRequest({ certIds }))).toEqual({ ...plain, extensions: {} })
  })

  const revoked = { status: 'revoked', revokedAtMs: NOW_MS - 1000 } as const
  const states: [OcspStatus, theirs.Plain][] = [
    [{ status: 'good' }, 'good'],
    [{ status: 'unknown' }, 'unknown'],
    [
      { ...revoked, reason: 'superseded' },
      { atMs: NOW_MS - 1000, reason: 'superseded' },
    ],
    [
      { ...revoked, reason: 'unspecified' },
      { atMs: NOW_MS - 1000, reason: null },
    ],
  ]
  test.each(states)('an answer %j', async (state, expected) => {
    const { certificate, key } = await testLeaf(sub, {
      extensions: { extKeyUsage: [EKU_OCSP_SIGNING], ocspNoCheck: true },
    })
    const answer = await buildOcspResponse({
      answers: [
        {
          certId: certIdOf(sub.certificate, leaf.certificate.serial),
          state,
          thisUpdateMs: NOW_MS,
          nextUpdateMs: NOW_MS + 1000,
        },
      ],
      producedAtMs: NOW_MS + 500,
      nonce,
      responder: certificate,
      sendResponder: 'with-certificate',
      signer: privateKeySigner(key),
    })
    expect(messages.ocspAnswer(answer)).toMatchObject({
      status: 0,
      type: '1.3.6.1.5.5.7.48.1.1',
      responder: named('channel.test'),
      producedAtMs: NOW_MS,
      answers: [
        { id: idOf(leaf.certificate), state: expected, thisUpdateMs: NOW_MS, nextUpdateMs: NOW_MS + 1000 },
      ],
      extensions: nonces,
      algorithm: SM2_WITH_SM3,
      certificates: [theirs.certificate(certificate.raw)],
    })
  })

  test('an answer that tells why there is none', () => {
    expect(messages.ocspAnswer(buildOcspError('tryLater'))).toEqual({ status: 3 })
    expect(messages.ocspAnswer(buildOcspError('unauthorized'))).toEqual({ status: 6 })
  })
})
