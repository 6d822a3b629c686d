import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { utf8ToBytes } from '@anqu/encoding'
import { exportSpki, sm2SignatureToDer, toPem } from '@anqu/gm-crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { MemoryCard } from '../storage/memory-card-storage.ts'
import { testCard } from '../testing/test-card.ts'
import { issueCertificate } from '../testing/test-certificates.ts'
import { SecureElement } from './secure-element.ts'

const PIN = '2468135'
/** OpenSSL's own default identity is empty. */
const IDENTITY = 'distid:1234567812345678'

/** What it printed; some verdicts stand on its error output and leave the exit status at 0. */
function openssl(...parameters: string[]): string {
  const { stdout, stderr } = spawnSync('openssl', parameters, { encoding: 'utf8' })
  return `${stdout ?? ''}${stderr ?? ''}`
}

function unavailable(): boolean {
  return !openssl('version').startsWith('OpenSSL 3')
}

let folder: string
let element: SecureElement
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'anqu-se-'))
  element = new SecureElement(testCard(new MemoryCard().holder()))
  await element.setPin(PIN)
})
afterEach(() => rmSync(folder, { recursive: true }))

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

test.skipIf(unavailable())(
  'OpenSSL accepts a request made inside the card, and refuses it with one bit changed',
  async () => {
    await element.generateKeyPair('a', PIN)
    const subject = [
      { type: 'C', value: 'CN' },
      { type: 'O', value: '安渠' },
      { type: 'CN', value: '张三' },
    ] as const
    const csr = await element.createCsr('a', subject, PIN)
    const verify = (der: Uint8Array) =>
      openssl(
        'req',
        '-inform',
        'DER',
        '-in',
        file('csr.der', der),
        '-verify',
        '-noout',
        '-subject',
        '-nameopt',
        'utf8,sep_comma_plus',
        '-vfyopt',
        IDENTITY,
      )
    const verdict = verify(csr)
    expect(verdict).toContain('C=CN,O=安渠,CN=张三')
    expect(verdict).toContain('verify OK')
    csr[csr.length - 1] = (csr.at(-1) ?? 0) ^ 0x01
    expect(verify(csr)).toContain('verify failure')
  },
)

test.skipIf(unavailable())(
  'OpenSSL verifies a signature of the card, and refuses it over another message',
  async () => {
    const publicKey = await element.generateKeyPair('a', PIN)
    await element.installCertificate(
      'a',
      await issueCertificate(publicKey, { serialHex: '0102030405060708' }),
      PIN,
    )
    const message = utf8ToBytes('保费 100.00 元')
    const signature = file('signature.der', sm2SignatureToDer(await element.sign('a', PIN, message)))
    const key = file('key.pem', toPem('PUBLIC KEY', exportSpki(publicKey)))
    const verify = (content: Uint8Array) =>
      openssl(
        'dgst',
        '-sm3',
        '-verify',
        key,
        '-sigopt',
        IDENTITY,
        '-signature',
        signature,
        file('message', content),
      )
    expect(verify(message)).toContain('Verified OK')
    expect(verify(utf8ToBytes('保费 900.00 元'))).toContain('Verification failure')
  },
)
