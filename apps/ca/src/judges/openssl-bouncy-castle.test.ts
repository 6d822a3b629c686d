import { encodePem } from '@anqu/encoding'
import { randomBytes, sm2SignatureToDer, Sm2PrivateKey } from '@anqu/gm-crypto'
import { certIdOf, createOcspRequest, parseCrl, parseOcspResponse, type Certificate } from '@anqu/pki'
import { missingJava, missingOpenssl, openssl, runJudge } from '@anqu/pki/testing'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { csrFor } from '../testing/ca-world.ts'
import { IssuedByCa } from './issued-by-ca.ts'

/** OpenSSL 3 and BouncyCastle 1.72 on what the CA really issues and publishes. */
const DISTID = 'distid:1234567812345678'
const folder = mkdtempSync(path.join(tmpdir(), 'anqu-ca-judges-'))
const save = (name: string, bytes: Uint8Array | string): string => {
  const file = path.join(folder, name)
  writeFileSync(file, bytes)
  return file
}
const pem = (name: string, ...certificates: readonly Certificate[]): string =>
  save(name, certificates.map(({ raw }) => encodePem('CERTIFICATE', raw)).join(''))

let issued: IssuedByCa
let good: Certificate
let revoked: Certificate
let held: Certificate
beforeAll(async () => {
  issued = await IssuedByCa.open()
  ;[good, revoked, held] = [await issued.customer(), await issued.customer(), await issued.customer()]
  await issued.change('revoke', revoked)
  await issued.change('suspend', held)
}, 180_000)
afterAll(async () => {
  await issued.close()
  rmSync(folder, { recursive: true })
})

const noOpenssl = missingOpenssl()
describe.skipIf(noOpenssl !== '')(`OpenSSL${noOpenssl && ` (skipped: ${noOpenssl})`}`, () => {
  /** Nothing sets the identifier for more than the target, so that a chain is judged link by link. */
  const holds = (certificate: Certificate, issuer: Certificate): string =>
    openssl(
      [
        'verify',
        '-x509_strict',
        '-vfyopt',
        DISTID,
        '-attime',
        String(Math.floor(issued.world.clock.nowMs() / 1000)),
      ],
      ['-partial_chain', '-trusted', pem('issuer.pem', issuer), pem('target.pem', certificate)],
    ).output

  test('certificates of every profile and of the CA itself hold under its strict rules', () => {
    expect(holds(issued.root, issued.root)).toContain('target.pem: OK')
    expect(holds(issued.issuing, issued.root)).toContain('target.pem: OK')
    expect(holds(issued.service, issued.issuing)).toContain('target.pem: OK')
    for (const [name, certificate] of issued.byProfile)
      expect([name, holds(certificate, issued.issuing)]).toEqual([
        name,
        expect.stringContaining('target.pem: OK'),
      ])
    expect(holds(good, issued.root)).not.toContain('target.pem: OK')
  })

  test('it refuses a purpose that the profile does not give', () => {
    const asks = (certificate: Certificate, purpose: string): string =>
      openssl(
        [
          'verify',
          '-vfyopt',
          DISTID,
          '-attime',
          String(Math.floor(issued.world.clock.nowMs() / 1000)),
          '-purpose',
          purpose,
        ],
        ['-partial_chain', '-trusted', pem('issuer.pem', issued.issuing), pem('target.pem', certificate)],
      ).output
    const staff = issued.byProfile.get('staff') ?? good
    expect(asks(staff, 'sslclient')).toContain('target.pem: OK')
    expect(asks(staff, 'sslserver')).not.toContain('target.pem: OK')
  })

  test('a request made for the CA proves possession', async () => {
    const csr = Buffer.from(await csrFor(Sm2PrivateKey.generate(), 'terminal'), 'base64')
    const file = save('request.der', csr)
    expect(openssl(['req', '-inform', 'DER', '-in', file, '-verify', '-noout', '-vfyopt', DISTID]).ok).toBe(
      true,
    )
  })

  /** The signature over to-be-signed bytes, made with a certified key. */
  function signedBy(certificate: Certificate, tbs: Uint8Array, signature: Uint8Array): boolean {
    const key = save(
      'signer.pub',
      openssl(['x509', '-in', pem('signer.pem', certificate), '-noout', '-pubkey']).output,
    )
    const check = ['-sm3', '-verify', key, '-sigopt', DISTID, '-signature', save('signature', signature)]
    return openssl(['dgst', ...check, save('tbs', tbs)]).output.includes('Verified OK')
  }

  test('lists of the root and of a shard, complete and delta, are signed and say what happened', async () => {
    const [root = new Uint8Array(0), ...shard] = await issued.listsOf(revoked)
    for (const [der, issuer] of [
      [root, issued.root],
      ...shard.map((one) => [one, issued.issuing] as const),
    ] as const) {
      const list = parseCrl(der)
      expect(signedBy(issuer, list.tbs, list.signature)).toBe(true)
      expect(signedBy(issued.service, list.tbs, list.signature)).toBe(false)
      const { ok, output } = openssl(['crl', '-inform', 'DER', '-in', save('list', der), '-noout', '-text'])
      expect(ok).toBe(true)
      expect(output).toContain(`X509v3 CRL Number: \n                ${list.number}`)
      expect(output).toContain('X509v3 Issuing Distribution Point: critical')
    }
    const texts = shard.map(
      (der) => openssl(['crl', '-inform', 'DER', '-in', save('list', der), '-noout', '-text']).output,
    )
    expect(texts[1]).toContain('X509v3 Delta CRL Indicator: critical')
    expect(texts[1]).toMatch(
      new RegExp(`Serial Number: ${revoked.serialHex.toUpperCase()}[\\s\\S]*?Key Compromise`),
    )
    expect(texts[1]).not.toContain(good.serialHex.toUpperCase())
  })

  test('as a client it asks the responder over HTTP, and reads good, revoked and on hold', async () => {
    // Asynchronous, since the CA that answers runs in this very process.
    const ask = async (name: string, certificate: Certificate): Promise<string> => {
      const { stdout } = await promisify(execFile)('openssl', [
        'ocsp',
        '-sm3',
        '-issuer',
        pem('issuing.pem', issued.issuing),
        '-cert',
        pem(name, certificate),
        '-url',
        `${issued.world.url}/ocsp`,
        // The CA of the test lives at another time, and its signature is checked below under the right identifier.
        '-noverify',
        '-validity_period',
        '1000000000',
      ])
      return stdout
    }
    expect(await ask('good', good)).toMatch(/good: good/)
    expect(await ask('revoked', revoked)).toMatch(/revoked: revoked[\s\S]*Reason: keyCompromise/)
    expect(await ask('held', held)).toMatch(/held: revoked[\s\S]*Reason: certificateHold/)
  })

  test('answers are signed by a delegate whose certificate holds', async () => {
    const nonce = randomBytes(16)
    for (const certificate of [good, revoked, held]) {
      const certIds = [certIdOf(issued.issuing, certificate.serial)]
      const parsed = parseOcspResponse(await issued.ocsp(certificate, createOcspRequest({ certIds, nonce })))
      if ('error' in parsed) throw new Error(parsed.error)
      const { certificates, tbs, signature } = parsed.response
      const [delegate = issued.service] = certificates
      expect(holds(delegate, issued.issuing)).toContain('target.pem: OK')
      expect(signedBy(delegate, tbs, signature)).toBe(true)
      expect(signedBy(issued.service, tbs, sm2SignatureToDer(new Uint8Array(64).fill(1)))).toBe(false)
    }
  })
})

const noJava = missingJava()
describe.skipIf(noJava !== '')(`BouncyCastle${noJava && ` (skipped: ${noJava})`}`, () => {
  let verdicts = new Map<string, string>()
  beforeAll(async () => {
    const nowMs = issued.world.clock.nowMs()
    for (const [name, { raw }] of Object.entries({ root: issued.root, issuing: issued.issuing }))
      save(`${name}.cer`, raw)
    const lines: string[] = []
    for (const [name, certificate] of [
      ...issued.byProfile,
      ['good', good],
      ['revoked', revoked],
      ['held', held],
    ] as const) {
      save(`${name}.cer`, certificate.raw)
      const lists = await issued.listsOf(certificate)
      const files = lists.map((der, at) => {
        save(`${name}-${at}.crl`, der)
        return `${name}-${at}.crl`
      })
      const chain = `${name}.cer,issuing.cer,root.cer`
      lines.push([`${name}-lists`, nowMs, chain, '', files.join(',')].join('\t'))
      lines.push([`${name}-complete-only`, nowMs, chain, '', files.slice(0, 2).join(',')].join('\t'))
      const certIds = [certIdOf(issued.issuing, certificate.serial)]
      save(`${name}.resp`, await issued.ocsp(certificate, createOcspRequest({ certIds })))
      lines.push([`${name}-ocsp`, nowMs, chain, '', '', `${name}.resp`].join('\t'))
    }
    lines.push(['without-lists', nowMs, 'good.cer,issuing.cer,root.cer', '', ''].join('\t'))
    save('cases', lines.join('\n'))
    verdicts = runJudge('RevocationJudge.java', folder)
  }, 120_000)

  test('every profile has a valid path, by complete and delta lists and by status answers', () => {
    for (const name of [...issued.byProfile.keys(), 'good'])
      for (const by of ['lists', 'complete-only', 'ocsp'])
        expect([name, by, verdicts.get(`${name}-${by}`)]).toEqual([name, by, 'valid'])
  })

  test('a revoked certificate and one on hold are refused by the delta list and by the answer', () => {
    for (const name of ['revoked', 'held'])
      for (const by of ['lists', 'ocsp'])
        expect([name, by, verdicts.get(`${name}-${by}`)]).toEqual([name, by, expect.stringMatching(/revo/i)])
  })

  test('nothing is valid without a list', () => {
    expect(verdicts.get('without-lists')).toMatch(/No CRLs found|could not be determined/)
  })
})
