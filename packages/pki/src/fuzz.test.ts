import { bytesToHex, bytesToUtf8, ParseError, utf8ToBytes } from '@anqu/encoding'
import { fuzz, fuzzRounds } from '@anqu/encoding/testing'
import { randomBytes } from '@anqu/gm-crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  buildCrl,
  buildEnvelopedKey,
  buildOcspResponse,
  buildSignedData,
  certIdOf,
  createCsr,
  createOcspRequest,
  checkRevocation,
  EKU_OCSP_SIGNING,
  encodeName,
  ocspRequestFromPath,
  ocspRequestToPath,
  openEnvelopedData,
  openEnvelopedKey,
  parseCertificate,
  parseCrl,
  parseCsr,
  parseName,
  parseOcspRequest,
  openSignedAndEnvelopedData,
  PkiError,
  privateKeySigner,
  randomSerial,
  validateChain,
  verifyCsr,
  verifyOcspResponse,
  verifySignedData,
} from './index.ts'
import { encodeEnvelopedData } from './cms/enveloped-data.ts'
import { encodeSignedAndEnvelopedData } from './cms/signed-and-enveloped-data.ts'
import { NOW_MS, testLeaf, testRoot, testSubCa, type Party } from './testing/test-chain.ts'

/** Kinds whose every input costs operations on the curve: a quarter of the inputs. */
const dear = new Set([
  'requests',
  'OCSP answers',
  'signed messages',
  'envelopes',
  'signed envelopes',
  'enveloped keys',
])
const rounds = fuzzRounds()

let root: Party
let sub: Party
let reader: Party
const samples: Record<string, Uint8Array[]> = {}

beforeAll(async () => {
  root = await testRoot()
  sub = await testSubCa(root)
  const leaf = await testLeaf(sub, {
    extensions: { crlUrls: ['http://crl.test/1'], ocspUrls: ['http://ocsp.test/'] },
  })
  const constrained = await testSubCa(root, {
    extensions: {
      nameConstraints: {
        permitted: [{ kind: 'dns', value: 'test' }],
        excluded: [{ kind: 'ip', value: new Uint8Array(8) }],
      },
    },
  })
  const issuer = { issuer: sub.certificate, signer: privateKeySigner(sub.key) }
  const times = { thisUpdateMs: NOW_MS, nextUpdateMs: NOW_MS + 1000 }
  const revoked = Array.from({ length: 3 }, () => ({
    serial: randomSerial(),
    revokedAtMs: NOW_MS,
    reason: 'superseded' as const,
  }))
  const scope = { urls: ['http://crl.test/1'], only: 'end-entities' as const }
  const certId = certIdOf(sub.certificate, leaf.certificate.serial)
  const response = (
    state: Parameters<typeof buildOcspResponse>[0]['answers'][number]['state'],
  ): Promise<Uint8Array> =>
    buildOcspResponse({
      answers: [{ certId, state, ...times }],
      producedAtMs: NOW_MS,
      nonce: randomBytes(16),
      responder: sub.certificate,
      sendResponder: 'with-certificate',
      signer: issuer.signer,
    })
  const everything = await testLeaf(sub, {
    extensions: {
      extKeyUsage: [EKU_OCSP_SIGNING],
      ocspNoCheck: true,
      caIssuerUrls: ['http://ca.test/'],
      deltaCrlUrls: ['http://crl.test/d'],
      subjectAltNames: [
        { kind: 'ip', value: new Uint8Array(16) },
        { kind: 'email', value: 'a@b.test' },
        { kind: 'directory', value: [{ type: 'CN', value: '张三' }] },
      ],
      policyMappings: [{ issuerPolicy: '1.2.3', subjectPolicy: '1.2.4' }],
      policyConstraints: { requireExplicitPolicy: 3, inhibitPolicyMapping: 0 },
      inhibitAnyPolicy: 1,
      crlPoints: [
        {
          name: { kind: 'relative', name: [{ type: 'CN', value: 'shard' }] },
          reasons: 0x1e,
          crlIssuer: [{ kind: 'directory', value: sub.certificate.subject }],
        },
      ],
    },
  })
  samples['certificates'] = [root, sub, leaf, constrained, everything].map((party) => party.certificate.raw)
  samples['requests'] = [await createCsr({ key: issuer.signer, subject: sub.certificate.subject })]
  samples['revocation lists'] = [
    await buildCrl({ ...issuer, ...times, number: 1n, revoked }),
    await buildCrl({ ...issuer, ...times, number: 2n, revoked, scope, deltaBase: 1n }),
    await buildCrl({
      ...issuer,
      ...times,
      number: 3n,
      revoked: revoked.map((entry) => ({ ...entry, certificateIssuer: root.certificate.subject })),
      scope: {
        urls: [],
        only: 'all',
        indirect: true,
        reasons: 0x1e,
        relative: [{ type: 'CN', value: 'shard' }],
      },
      deltaUrls: ['http://crl.test/d'],
    }),
  ]
  samples['OCSP questions in addresses'] = [
    utf8ToBytes(ocspRequestToPath(createOcspRequest({ certIds: [certId] }))),
  ]
  samples['OCSP questions'] = [createOcspRequest({ certIds: [certId, certId], nonce: randomBytes(16) })]
  samples['OCSP answers'] = [
    await response({ status: 'good' }),
    await response({ status: 'revoked', revokedAtMs: NOW_MS, reason: 'keyCompromise' }),
  ]
  const signers = [
    {
      certificate: leaf.certificate,
      signer: privateKeySigner(leaf.key),
      signedAttributes: { signingTimeMs: NOW_MS },
    },
    { certificate: leaf.certificate, signer: privateKeySigner(leaf.key) },
  ]
  const signedMessage = (family: 'gm' | 'pkcs7'): Promise<Uint8Array> =>
    buildSignedData({ family, content: utf8ToBytes('order'), placement: 'attached', signers })
  samples['signed messages'] = [await signedMessage('gm'), await signedMessage('pkcs7')]
  const envelope = { family: 'gm' as const, content: utf8ToBytes('order'), recipients: [leaf.certificate] }
  samples['envelopes'] = [encodeEnvelopedData(envelope)]
  samples['signed envelopes'] = [await encodeSignedAndEnvelopedData({ ...envelope, signers })]
  samples['enveloped keys'] = [buildEnvelopedKey(leaf.key, leaf.key.publicKey)]
  reader = leaf
  samples['names'] = [encodeName(sub.certificate.subject), encodeName([{ type: 'CN', value: '张三' }])]
})

/** Reads, and then looks at everything that is computed late. */
const parsers: Record<string, (bytes: Uint8Array) => void> = {
  certificates: (bytes) => {
    const leaf = parseCertificate(bytes)
    const result = validateChain({
      leaf,
      intermediates: [sub.certificate],
      anchors: [root.certificate],
      atMs: NOW_MS,
      usage: { serverName: 'channel.test' },
    })
    // A mutation of the unsigned parts is refused as malformed, one of the signed part has a wrong signature.
    const original = samples['certificates']?.some((sample) => bytesToHex(sample) === bytesToHex(leaf.raw))
    expect(result.ok && !original).toBe(false)
  },
  requests: (bytes) => void verifyCsr(parseCsr(bytes)),
  'revocation lists': (bytes) => {
    const crl = parseCrl(bytes)
    crl.find(sub.certificate.serial)
    const question = { certificate: reader.certificate, issuer: sub.certificate, crls: [crl], atMs: NOW_MS }
    expect(checkRevocation(question).status).not.toBe('revoked')
  },
  'OCSP questions': (bytes) => void parseOcspRequest(bytes),
  'OCSP questions in addresses': (bytes) =>
    void parseOcspRequest(ocspRequestFromPath(String.fromCharCode(...bytes))),
  'OCSP answers': (bytes) => {
    const { certificate } = reader
    verifyOcspResponse({ response: bytes, certificate, issuer: sub.certificate, atMs: NOW_MS })
  },
  names: (bytes) => void parseName(bytes),
  'signed messages': (bytes) => {
    const trust = { anchors: [root.certificate], intermediates: [sub.certificate], atMs: NOW_MS }
    const verdict = verifySignedData({
      message: bytes,
      trust: { ...trust, status: () => ({ status: 'good' }) },
    })
    // Whatever is around it, content that is accepted is the content that was signed.
    if (verdict.ok) expect(bytesToUtf8(verdict.content, 'content')).toBe('order')
  },
  envelopes: (bytes) => void openEnvelopedData(bytes, reader),
  'signed envelopes': (bytes) => {
    const trust = { anchors: [root.certificate], intermediates: [sub.certificate], atMs: NOW_MS }
    const good = { status: 'good' } as const
    const verdict = openSignedAndEnvelopedData(bytes, reader, { ...trust, status: () => good })
    if (verdict.ok) expect(bytesToUtf8(verdict.content, 'content')).toBe('order')
  },
  'enveloped keys': (bytes) => void openEnvelopedKey(bytes, reader.key),
}

describe('mutated input is read or refused in bounded time and memory, and never anything else', () => {
  test.each(Object.keys(parsers))(
    '%s',
    (kind) => {
      fuzz({
        parse: parsers[kind] ?? (() => {}),
        samples: samples[kind] ?? [],
        rounds: dear.has(kind) ? Math.ceil(rounds / 4) : rounds,
        expected: (error) => error instanceof ParseError || error instanceof PkiError,
      })
    },
    600_000,
  )
})
