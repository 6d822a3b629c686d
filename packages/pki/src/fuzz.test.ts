import { bytesToHex, bytesToUtf8, ParseError, utf8ToBytes } from '@anqu/encoding'
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
  encodeName,
  openEnvelopedData,
  openEnvelopedKey,
  parseCertificate,
  parseCrl,
  parseCsr,
  parseName,
  parseOcspRequest,
  parseOcspResponse,
  parseSignedAndEnvelopedData,
  PkiError,
  privateKeySigner,
  randomSerial,
  validateChain,
  verifySignedData,
} from './index.ts'
import { encodeEnvelopedData } from './cms/enveloped-data.ts'
import { encodeSignedAndEnvelopedData } from './cms/signed-and-enveloped-data.ts'
import { mutate, seededNumbers } from './testing/mutate.ts'
import { NOW_MS, testLeaf, testRoot, testSubCa, type Party } from './testing/test-chain.ts'

/** Mutated inputs for each parser in an ordinary run; ANQU_FUZZ_ROUNDS asks for more. */
const rounds = Number(process.env['ANQU_FUZZ_ROUNDS'] ?? 15_000)
/** Far above what any input of this size needs, far below what would hurt a server. */
const SLOWEST_MS = 500

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
  samples['certificates'] = [root, sub, leaf, constrained].map((party) => party.certificate.raw)
  samples['requests'] = [await createCsr({ key: issuer.signer, subject: sub.certificate.subject })]
  samples['revocation lists'] = [
    await buildCrl({ ...issuer, ...times, number: 1n, revoked }),
    await buildCrl({ ...issuer, ...times, number: 2n, revoked, scope, deltaBase: 1n }),
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
  requests: (bytes) => void parseCsr(bytes).subject,
  'revocation lists': (bytes) => void parseCrl(bytes).find(sub.certificate.serial),
  'OCSP questions': (bytes) => void parseOcspRequest(bytes),
  'OCSP answers': (bytes) => void parseOcspResponse(bytes),
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
  'signed envelopes': (bytes) => void parseSignedAndEnvelopedData(bytes),
  'enveloped keys': (bytes) => void openEnvelopedKey(bytes, reader.key),
}

function timeOf(kind: string, input: Uint8Array, place: string): number {
  const started = performance.now()
  try {
    parsers[kind]?.(input)
  } catch (error) {
    const expected = error instanceof ParseError || error instanceof PkiError
    expect(expected, `${place}, input ${bytesToHex(input)}: ${String(error)}`).toBe(true)
  }
  return performance.now() - started
}

describe('mutated input is read or refused in bounded time, and never anything else', () => {
  test.each(Object.keys(parsers))('%s', (kind) => {
    const seed = new DataView(randomBytes(4).buffer).getUint32(0)
    const random = seededNumbers(seed)
    const from = samples[kind] ?? []
    let slowestMs = 0
    for (let round = 0; round < rounds; round++) {
      const input = mutate(from[random(from.length)] ?? utf8ToBytes(''), random)
      const elapsedMs = timeOf(kind, input, `seed ${seed}, round ${round}`)
      // A machine that is busy stops any call for a while; an input that is slow by itself is slow again.
      const again =
        elapsedMs < SLOWEST_MS ? elapsedMs : Math.min(timeOf(kind, input, ''), timeOf(kind, input, ''))
      slowestMs = Math.max(slowestMs, again)
    }
    expect(slowestMs, `seed ${seed}`).toBeLessThan(SLOWEST_MS)
  })
})
