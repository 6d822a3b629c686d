import { randomBytes, Sm2PrivateKey } from '@anqu/gm-crypto'
import {
  buildCertificate,
  buildOcspResponse,
  certIdOf,
  EKU_OCSP_SIGNING,
  EKU_SERVER_AUTH,
  parseCertificate,
  privateKeySigner,
  type Certificate,
  type ExtensionRequest,
  type OcspStatus,
} from '@anqu/pki'
import { beforeAll, expect, test } from 'vitest'
import { MessageError } from './errors.ts'
import { goodServerCertificate } from './server-certificate.ts'

const nowMs = 1_790_000_000_000
const minuteMs = 60_000
const dayMs = 1_440 * minuteMs
type Party = { readonly key: Sm2PrivateKey; readonly certificate: Certificate }

async function party(name: string, extensions: ExtensionRequest, issuer?: Party): Promise<Party> {
  const key = Sm2PrivateKey.generate()
  const der = await buildCertificate({
    serial: randomBytes(10).fill(1, 0, 1),
    subject: [{ type: 'CN', value: name }],
    publicKey: key.publicKey,
    notBeforeMs: nowMs - dayMs,
    notAfterMs: nowMs + dayMs,
    extensions,
    issuer: issuer?.certificate ?? 'self',
    signer: privateKeySigner(issuer?.key ?? key),
  })
  return { key, certificate: parseCertificate(der) }
}

const authority: ExtensionRequest = { basicConstraints: { ca: true }, keyUsage: ['keyCertSign', 'cRLSign'] }
const responding: ExtensionRequest = {
  basicConstraints: { ca: false },
  keyUsage: ['digitalSignature'],
  extKeyUsage: [EKU_OCSP_SIGNING],
  ocspNoCheck: true,
}
const serving: ExtensionRequest = {
  basicConstraints: { ca: false },
  keyUsage: ['dataEncipherment'],
  extKeyUsage: [EKU_SERVER_AUTH],
  subjectAltNames: [{ kind: 'dns', value: 'server' }],
}

let root: Party
let issuing: Party
let server: Party
let responder: Party
beforeAll(async () => {
  root = await party('root', authority)
  issuing = await party('issuing', authority, root)
  server = await party('server', serving, issuing)
  responder = await party('responder', responding, issuing)
})

const answer = (
  state: OcspStatus = { status: 'good' },
  { by = responder, about = server, atMs = nowMs }: { by?: Party; about?: Party; atMs?: number } = {},
): Promise<Uint8Array> =>
  buildOcspResponse({
    answers: [
      {
        certId: certIdOf(issuing.certificate, about.certificate.serial),
        state,
        thisUpdateMs: atMs - minuteMs,
        nextUpdateMs: atMs + 9 * minuteMs,
      },
    ],
    producedAtMs: atMs,
    responder: by.certificate,
    sendResponder: 'with-certificate',
    signer: privateKeySigner(by.key),
  })

function judged(status: Uint8Array): string {
  const trust = { anchors: [root.certificate], serverName: 'server' }
  const chain = [server.certificate.raw, issuing.certificate.raw]
  try {
    return goodServerCertificate(trust, { chain, status, atMs: nowMs, keyUsage: 'dataEncipherment' })
      .serialHex
  } catch (error) {
    if (error instanceof MessageError) return `${error.code} (${error.detail})`
    throw error
  }
}

test('a certificate its issuer’s responder calls good is used', async () => {
  expect(judged(await answer())).toBe(server.certificate.serialHex)
})

test.each<[string, () => Promise<Uint8Array>]>([
  ['revoked', () => answer({ status: 'revoked', revokedAtMs: nowMs - dayMs, reason: 'keyCompromise' })],
  ['unknown to the responder', () => answer({ status: 'unknown' })],
  ['with an answer that has run out', () => answer(undefined, { atMs: nowMs - dayMs })],
  ['with an answer from the future', () => answer(undefined, { atMs: nowMs + dayMs })],
  ['with an answer about another', () => answer(undefined, { about: responder })],
  ['with an answer of the server itself', () => answer(undefined, { by: server })],
  [
    'with an answer of a responder of another CA',
    async () => {
      const stranger = await party('issuing', authority)
      return answer(undefined, { by: await party('responder', responding, stranger) })
    },
  ],
  [
    'with an answer that was changed',
    async () => {
      const der = await answer()
      return der.with(der.length - 1, (der.at(-1) ?? 0) ^ 1)
    },
  ],
  ['with no answer', async () => new Uint8Array(0)],
])('a certificate %s is not', async (_, status) => {
  expect(judged(await status())).toMatch(/^message\.untrusted-server/)
})
