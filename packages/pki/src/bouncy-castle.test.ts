import { utf8ToBytes } from '@anqu/encoding'
import { randomBytes, Sm2PrivateKey } from '@anqu/gm-crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  buildCrl,
  buildOcspResponse,
  certIdOf,
  checkRevocation,
  createCsr,
  createOcspRequest,
  EKU_OCSP_SIGNING,
  parseCertificate,
  parseCrl,
  parseCsr,
  parseOcspRequest,
  privateKeySigner,
  validateChain,
  verifyCsr,
  verifyOcspResponse,
  type OcspStatus,
} from './index.ts'
import { missingJava, runJudge } from './testing/java-judge.ts'
import { testLeaf, testRoot, testSubCa, type Party } from './testing/test-chain.ts'

const missing = missingJava()

describe.skipIf(missing !== '')(`BouncyCastle as judge${missing && ` (skipped: ${missing})`}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'anqu-bc-'))
  const nowMs = Date.now()
  let verdicts = new Map<string, string>()
  const save = (name: string, der: Uint8Array): void => writeFileSync(join(folder, name), der)
  const read = (name: string): Uint8Array => new Uint8Array(readFileSync(join(folder, name)))

  async function saveLists(root: Party, sub: Party, revoked: Party): Promise<void> {
    const list = { thisUpdateMs: nowMs - 60_000, nextUpdateMs: nowMs + 3_600_000, number: 3n }
    const entry = {
      serial: revoked.certificate.serial,
      revokedAtMs: nowMs - 60_000,
      reason: 'keyCompromise' as const,
    }
    const of = (
      party: Party,
    ): { issuer: Party['certificate']; signer: ReturnType<typeof privateKeySigner> } => ({
      issuer: party.certificate,
      signer: privateKeySigner(party.key),
    })
    save('root.crl', await buildCrl({ ...list, ...of(root), revoked: [] }))
    save('sub.crl', await buildCrl({ ...list, ...of(sub), revoked: [entry] }))
  }

  async function saveOcsp(sub: Party, leaf: Party, responder: Party): Promise<void> {
    const certId = certIdOf(sub.certificate, leaf.certificate.serial)
    const nonce = randomBytes(16)
    save('ocsp.req', createOcspRequest({ certIds: [certId], nonce }))
    const states: OcspStatus[] = [
      { status: 'good' },
      { status: 'revoked', revokedAtMs: nowMs - 60_000, reason: 'keyCompromise' },
    ]
    for (const state of states) {
      const response = await buildOcspResponse({
        answers: [{ certId, state, thisUpdateMs: nowMs, nextUpdateMs: nowMs + 3_600_000 }],
        producedAtMs: nowMs,
        nonce,
        responder: responder.certificate,
        sendResponder: 'with-certificate',
        signer: privateKeySigner(responder.key),
      })
      save(`ocsp-${state.status}.resp`, response)
    }
  }

  beforeAll(async () => {
    const around = { notBeforeMs: nowMs - 3_600_000, notAfterMs: nowMs + 24 * 3_600_000 }
    const root = await testRoot(around)
    const sub = await testSubCa(root, around)
    const leaf = await testLeaf(sub, around)
    const revoked = await testLeaf(sub, around)
    const responder = await testLeaf(sub, {
      ...around,
      extensions: { extKeyUsage: [EKU_OCSP_SIGNING], keyUsage: ['digitalSignature'] },
    })
    for (const [name, party] of Object.entries({ root, sub, leaf, revoked }))
      save(`${name}.cer`, party.certificate.raw)
    const key = privateKeySigner(Sm2PrivateKey.generate())
    save('request.csr', await createCsr({ key, subject: [{ type: 'CN', value: '张三' }] }))
    await saveLists(root, sub, revoked)
    await saveOcsp(sub, leaf, responder)
    verdicts = runJudge('BouncyCastleJudge.java', folder)
  }, 120_000)
  afterAll(() => rmSync(folder, { recursive: true }))

  test('our certificates hold, and their fields read the same', () => {
    expect(Object.fromEntries(verdicts)).toMatchObject({
      root: 'true',
      sub: 'true',
      leaf: 'true',
      'leaf-by-root': 'false',
      'leaf-subject': 'C=CN,O=Anqu,CN=channel.test',
      'leaf-usage': String(0x80 | 0x08),
    })
  })

  test('its path validation with our revocation lists accepts the good and refuses the revoked certificate', () => {
    expect(verdicts.get('leaf-path')).toBe('valid')
    expect(verdicts.get('revoked-path')).toMatch(/revo/i)
    expect(verdicts.get('crl')).toBe('true')
    expect(verdicts.get('crl-revoked')).toBe('true')
    expect(verdicts.get('crl-good')).toBe('false')
  })

  test('our request and our OCSP question and answers hold', () => {
    expect(Object.fromEntries(verdicts)).toMatchObject({
      csr: 'true',
      'ocsp-question': 'true',
      'ocsp-issuer': 'true',
      'ocsp-good': 'good',
      'ocsp-good-signature': 'true',
      'ocsp-good-nonce': 'true',
      'ocsp-revoked': 'revoked 1',
      'ocsp-revoked-signature': 'true',
      'ocsp-revoked-nonce': 'true',
    })
  })

  test('its chain, request, list and OCSP messages hold here', () => {
    const issuer = parseCertificate(read('judge-ca.cer'))
    const certificate = parseCertificate(read('judge-user.cer'))
    const usage = { keyUsage: ['digitalSignature'], serverName: 'judge.test' } as const
    const chain = validateChain({
      leaf: certificate,
      intermediates: [],
      anchors: [issuer],
      atMs: nowMs,
      usage,
    })
    expect(chain).toMatchObject({ ok: true })
    expect(verifyCsr(parseCsr(read('judge.csr')))).toBe(true)
    const crls = [parseCrl(read('judge.crl'))]
    expect(crls[0]?.size).toBe(2)
    expect(checkRevocation({ certificate, issuer, crls, atMs: nowMs })).toMatchObject({
      status: 'revoked',
      reason: 'superseded',
    })
    const { certIds, nonce } = parseOcspRequest(read('judge.req'))
    expect(certIds).toEqual([certIdOf(issuer, certificate.serial)])
    expect(nonce).toEqual(utf8ToBytes('judge-nonce-16by'))
    const sent = nonce ? { nonce } : {}
    const verdict = verifyOcspResponse({
      response: read('judge.resp'),
      certificate,
      issuer,
      atMs: nowMs,
      ...sent,
    })
    expect(verdict).toMatchObject({ status: 'revoked', reason: 'superseded' })
  })
})
