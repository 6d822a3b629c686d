import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import {
  anchorsAnswer,
  answerBytes,
  callHeaders,
  issueAnswer,
  requestBytes,
  revokeAnswer,
  verifyAnswer,
} from '@anqu/ca/api'
import { base64ToBytes, bytesToBase64, bytesToHex, bytesToUtf8, utf8ToBytes } from '@anqu/encoding'
import {
  exportEncryptedPkcs8,
  importEncryptedPkcs8,
  randomBytes,
  sm2Sign,
  sm2Verifier,
  Sm2PrivateKey,
} from '@anqu/gm-crypto'
import { parseCertificate, validateChain } from '@anqu/pki'
import { loadKeyFile, readIfPresent, type Clock } from '@anqu/platform'
import type { z } from 'zod'
import { AuthorityUnavailable, type CertificationAuthority } from './authority.ts'

const caller = 'channel'
const timeoutMs = 5_000
const maxAnswerBytes = 64 * 1024

type Options = { url: string; dataDir: string; callersDir: string; clock: Clock }
type Call = <S extends z.ZodType>(path: string, body: object, schema: S) => Promise<z.output<S>>

/**
 * The built-in CA over HTTP. The channel's key for these calls is made at the first start and enrolled by a file; the CA's
 * root is pinned then, and every answer must be signed by a service key that leads to it.
 */
export async function createHttpAuthority(options: Options): Promise<CertificationAuthority> {
  const key = await loadCallerKey(options)
  const anchors = await pinnedAnchors(options)
  const call = createCall(options, key, anchors.verifyAnswer)
  return {
    anchors: async () => anchors.certificates,
    async issueServer(csr, purpose) {
      const issued = await call('/v1/server-certificates', { csr: bytesToBase64(csr), purpose }, issueAnswer)
      return [issued.certificate, ...issued.chain].map((text) => base64ToBytes(text))
    },
    async issueCustomer(request) {
      const issued = await call(
        '/v1/certificates',
        { ...request, csr: bytesToBase64(request.csr) },
        issueAnswer,
      )
      return {
        serial: issued.serial,
        notAfterMs: issued.notAfterMs,
        certificate: base64ToBytes(issued.certificate),
        chain: issued.chain.map((text) => base64ToBytes(text)),
      }
    },
    verifySignature: (claim) =>
      call(
        '/v1/certificates/verify-signature',
        { ...claim, message: bytesToBase64(claim.message), signature: bytesToBase64(claim.signature) },
        verifyAnswer,
      ),
    async revoke(request) {
      await call('/v1/certificates/revoke', request, revokeAnswer)
    },
  }
}

async function loadCallerKey({ dataDir, callersDir }: Options): Promise<Sm2PrivateKey> {
  const kek = await loadKeyFile(path.join(dataDir, 'ca-caller-kek'))
  const file = path.join(dataDir, 'ca-caller.p8')
  const stored = await readIfPresent(file)
  const key =
    stored === undefined ? Sm2PrivateKey.generate() : importEncryptedPkcs8(base64ToBytes(stored.trim()), kek)
  if (stored === undefined)
    await writeFile(file, `${bytesToBase64(exportEncryptedPkcs8(key, kek))}\n`, { mode: 0o600 })
  await mkdir(callersDir, { recursive: true })
  await writeFile(path.join(callersDir, `${caller}.pub`), `${bytesToHex(key.publicKey.bytes)}\n`)
  return key
}

/** The CA's certificates as pinned at the first contact; later answers of the CA do not change them. */
async function pinnedAnchors({ url, dataDir, clock }: Options) {
  const file = path.join(dataDir, 'ca-anchors.json')
  let text = await readIfPresent(file)
  if (text === undefined) {
    const response = await fetch(`${url}/v1/anchors`, { signal: AbortSignal.timeout(timeoutMs) })
    text = await response.text()
    anchorsAnswer.parse(JSON.parse(text))
    await writeFile(file, text, { mode: 0o600 })
  }
  const { certificates, service } = anchorsAnswer.parse(JSON.parse(text))
  const parsed = certificates.map((der) => parseCertificate(base64ToBytes(der)))
  const leaf = parseCertificate(base64ToBytes(service))
  const verdict = validateChain({
    leaf,
    intermediates: parsed.slice(0, -1),
    anchors: parsed.slice(-1),
    atMs: clock.nowMs(),
    usage: { keyUsage: ['digitalSignature'] },
  })
  if (!verdict.ok)
    throw new AuthorityUnavailable(`the CA's service certificate does not lead to its root: ${verdict.rule}`)
  return {
    certificates: parsed.map((certificate) => certificate.raw),
    verifyAnswer: sm2Verifier(leaf.publicKey),
  }
}

function createCall(
  { url, clock }: Options,
  key: Sm2PrivateKey,
  verify: (message: Uint8Array, signature: Uint8Array) => boolean,
): Call {
  return async (route, body, schema) => {
    const bytes = utf8ToBytes(JSON.stringify(body))
    const timestamp = String(clock.nowMs())
    const nonce = bytesToHex(randomBytes(16))
    const signature = bytesToBase64(
      sm2Sign(key, requestBytes({ path: route, caller, timestamp, nonce }, bytes)),
    )
    const { status, headers, answer } = await post(`${url}${route}`, bytes, {
      [callHeaders.caller]: caller,
      [callHeaders.timestamp]: timestamp,
      [callHeaders.nonce]: nonce,
      [callHeaders.signature]: signature,
    })
    const given = headers.get(callHeaders.signature) ?? ''
    const signed = answerBytes({ status, requestSignature: signature }, answer)
    if (!/^[A-Za-z0-9+/]{86}==$/.test(given) || !verify(signed, base64ToBytes(given)))
      throw new AuthorityUnavailable(`answer ${status} is not signed by the CA`)
    if (status !== 200) throw new AuthorityUnavailable(`the CA refused: ${status}`)
    return schema.parse(JSON.parse(bytesToUtf8(answer)))
  }
}

async function post(
  url: string,
  body: Uint8Array,
  headers: Record<string, string>,
): Promise<{ status: number; headers: Headers; answer: Uint8Array }> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      body: new Uint8Array(body),
      headers: { 'content-type': 'application/json', ...headers },
      signal: AbortSignal.timeout(timeoutMs),
    })
    const answer = new Uint8Array(await response.arrayBuffer())
    if (answer.length > maxAnswerBytes) throw new AuthorityUnavailable('the answer is too long')
    return { status: response.status, headers: response.headers, answer }
  } catch (error) {
    if (error instanceof AuthorityUnavailable) throw error
    throw new AuthorityUnavailable(error instanceof Error ? error.name : 'no answer')
  }
}
