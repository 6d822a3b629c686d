import { encodePem, pemToBytes } from '@anqu/encoding'
import { exportPkcs8, Sm2PrivateKey, sm2Sign } from '@anqu/gm-crypto'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encodeEnvelopedData } from './cms/enveloped-data.ts'
import {
  buildEnvelopedKey,
  createCsr,
  formatName,
  parseCertificate,
  parseCsr,
  parseEnvelopedData,
  parseEnvelopedKey,
  privateKeySigner,
  verifyCertificateSignature,
  verifyCsr,
} from './index.ts'
import { testLeaf, testRoot, testSubCa, type Party } from './testing/test-chain.ts'

/** OpenSSL 3 as independent judge. Its default SM2 identifier is empty, hence `distid` in each call. */
const DISTID = 'distid:1234567812345678'

function openssl(...args: string[]): { ok: boolean; output: string } {
  try {
    return { ok: true, output: execFileSync('openssl', args, { encoding: 'utf8', stdio: 'pipe' }) }
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string } // what execFileSync throws
    return { ok: false, output: `${stdout}${stderr}` }
  }
}

const version = openssl('version').output
const curves = openssl('ecparam', '-list_curves').output
const missing = !version.startsWith('OpenSSL 3')
  ? 'OpenSSL 3 is not installed'
  : !curves.includes('SM2')
    ? 'OpenSSL lacks SM2'
    : ''

describe.skipIf(missing !== '')(`OpenSSL as judge${missing && ` (skipped: ${missing})`}`, () => {
  const directory = mkdtempSync(join(tmpdir(), 'anqu-pki-'))
  const file = (name: string): string => join(directory, name)
  const save = (name: string, label: string, der: Uint8Array): string => {
    writeFileSync(file(name), encodePem(label, der))
    return file(name)
  }
  let root: Party
  let sub: Party
  let leaf: Party
  beforeAll(async () => {
    const around = { notBeforeMs: Date.now() - 3_600_000, notAfterMs: Date.now() + 3_600_000 }
    root = await testRoot(around)
    sub = await testSubCa(root, around)
    leaf = await testLeaf(sub, around)
    save('root.pem', 'CERTIFICATE', root.certificate.raw)
    save('sub.pem', 'CERTIFICATE', sub.certificate.raw)
    save('leaf.pem', 'CERTIFICATE', leaf.certificate.raw)
  })
  afterAll(() => rmSync(directory, { recursive: true }))

  const judge = (anchor: string[], target: string): { ok: boolean; output: string } =>
    openssl('verify', '-x509_strict', '-vfyopt', DISTID, ...anchor, file(target))

  test('our certificates hold under its strict rules, link by link', () => {
    expect(judge(['-CAfile', file('root.pem')], 'sub.pem').output).toContain('OK')
    expect(judge(['-partial_chain', '-trusted', file('sub.pem')], 'leaf.pem').output).toContain('OK')
    expect(judge(['-CAfile', file('root.pem')], 'root.pem').output).toContain('OK')
  })

  test('a certificate with a changed byte fails there too', () => {
    const changed = leaf.certificate.raw.slice()
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1
    save('changed.pem', 'CERTIFICATE', changed)
    expect(judge(['-partial_chain', '-trusted', file('sub.pem')], 'changed.pem').ok).toBe(false)
  })

  test('it reads our fields as we do', () => {
    const { output } = openssl('x509', '-in', file('leaf.pem'), '-noout', '-text', '-nameopt', 'RFC2253')
    expect(output).toContain(`Subject: ${formatName(leaf.certificate.subject)}`)
    expect(output).toContain(leaf.certificate.serialHex.replace(/(..)(?=.)/g, '$1:'))
    for (const text of ['Digital Signature, Key Agreement', 'DNS:channel.test', 'CA:FALSE', 'SM2-with-SM3']) {
      expect(output).toContain(text)
    }
  })

  test('our request proves possession to it', async () => {
    const key = Sm2PrivateKey.generate()
    const csr = await createCsr({ key: privateKeySigner(key), subject: [{ type: 'CN', value: '张三' }] })
    save('ours.csr', 'CERTIFICATE REQUEST', csr)
    const verdict = openssl('req', '-in', file('ours.csr'), '-verify', '-noout', '-vfyopt', DISTID)
    expect(verdict.ok).toBe(true)
  })

  test('its request, certificate and signature verify here', () => {
    openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:SM2', '-out', file('key.pem'))
    const subject = ['-subj', '/C=CN/O=Anqu/CN=openssl']
    const sign = ['-key', file('key.pem'), '-sm3', '-sigopt', DISTID, ...subject]
    openssl('req', '-new', ...sign, '-out', file('theirs.csr'))
    openssl('req', '-new', '-x509', ...sign, '-days', '2', '-out', file('theirs.pem'))
    const read = (name: string, label: string): Uint8Array =>
      pemToBytes(openssl('enc', '-in', file(name)).output, label)
    const csr = parseCsr(read('theirs.csr', 'CERTIFICATE REQUEST'))
    expect(verifyCsr(csr)).toBe(true)
    const certificate = parseCertificate(read('theirs.pem', 'CERTIFICATE'))
    expect(verifyCertificateSignature(certificate, certificate.publicKey)).toBe(true)
    expect(formatName(certificate.subject)).toBe('CN=openssl,O=Anqu,C=CN')
  })

  test('it verifies a signature over data made with a certified key', () => {
    const data = new TextEncoder().encode('order 1')
    writeFileSync(file('data'), data)
    writeFileSync(file('data.sig'), sm2Sign(leaf.key, data, { format: 'der' }))
    openssl('x509', '-in', file('leaf.pem'), '-noout', '-pubkey', '-out', file('leaf.pub'))
    const check = ['-sm3', '-verify', file('leaf.pub'), '-sigopt', DISTID, '-signature', file('data.sig')]
    expect(openssl('dgst', ...check, file('data')).output).toContain('Verified OK')
    writeFileSync(file('data'), new TextEncoder().encode('order 2'))
    expect(openssl('dgst', ...check, file('data')).ok).toBe(false)
  })

  /** Decrypts an SM2Cipher with the key of the leaf, and with what comes out a text under SM4. */
  function opened(cipher: Uint8Array, sealed: Uint8Array, mode: readonly string[]): Buffer {
    save('reader.key', 'PRIVATE KEY', exportPkcs8(leaf.key))
    writeFileSync(file('cipher'), cipher)
    writeFileSync(file('sealed'), sealed)
    const unwrap = [
      'pkeyutl',
      '-decrypt',
      '-inkey',
      file('reader.key'),
      '-in',
      file('cipher'),
      '-out',
      file('secret'),
    ]
    expect(openssl(...unwrap)).toMatchObject({ ok: true })
    const secret = readFileSync(file('secret')).toString('hex')
    const decrypt = ['enc', '-d', ...mode, '-K', secret, '-in', file('sealed'), '-out', file('opened')]
    expect(openssl(...decrypt)).toMatchObject({ ok: true })
    return readFileSync(file('opened'))
  }

  test('it opens our enveloped key: SM2, and SM4 in ECB mode without padding', () => {
    const pair = Sm2PrivateKey.generate()
    const { encryptedKey, encryptedPrivateKey } = parseEnvelopedKey(
      buildEnvelopedKey(pair, leaf.key.publicKey),
    )
    const scalar = opened(encryptedKey, encryptedPrivateKey, ['-sm4-ecb', '-nopad'])
    expect(new Uint8Array(scalar)).toEqual(pair.exportBytes())
  })

  test('it opens our envelope: SM2, and SM4 in CBC mode', () => {
    const content = new TextEncoder().encode('order 1: 100.00 CNY')
    const message = encodeEnvelopedData({ family: 'gm', content, recipients: [leaf.certificate] })
    const { recipients, content: sealed } = parseEnvelopedData(message)
    const iv = Buffer.from(sealed.iv).toString('hex')
    const text = opened(recipients[0]?.encryptedKey ?? new Uint8Array(0), sealed.ciphertext, [
      '-sm4-cbc',
      '-iv',
      iv,
    ])
    expect(new Uint8Array(text)).toEqual(content)
  })

  test('it reads our private key file', () => {
    save('leaf.key', 'PRIVATE KEY', exportPkcs8(leaf.key))
    expect(openssl('pkey', '-in', file('leaf.key'), '-check', '-noout').output).toContain('Key is valid')
  })
})
