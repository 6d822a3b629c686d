import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { anchorsAnswer, issueAnswer } from '@anqu/ca/api'
import { base64ToBytes, bytesToBase64 } from '@anqu/encoding'
import { sm2Verifier } from '@anqu/gm-crypto'
import { parseCertificate, validateChain, type Certificate } from '@anqu/pki'
import {
  createServiceCall,
  loadCallerKey,
  readIfPresent,
  ServiceUnavailable,
  type Clock,
} from '@anqu/platform'

const timeoutMs = 5_000

/** The certification authority as the TSM sees it. */
export type AuthorityLink = {
  /** Issuing certificate first, root last; pinned at the first contact. */
  readonly anchors: readonly Certificate[]
  issue(csr: Uint8Array, purpose: 'tsm-signature' | 'tsm-encryption' | 'se-publisher'): Promise<Uint8Array>
}

export type AuthorityOptions = {
  readonly caUrl: string
  readonly caCallersDir: string
  readonly dataDir: string
  readonly clock: Clock
}

/** Signed calls to the CA under the TSM's own caller key; the CA's root is pinned at the first contact. */
export async function connectAuthority(options: AuthorityOptions): Promise<AuthorityLink> {
  const { caUrl: url, caCallersDir: callersDir, dataDir, clock } = options
  const key = await loadCallerKey({ dataDir, callersDir, caller: 'tsm', service: 'ca' })
  const { anchors, service } = await pinnedAnchors(options)
  const call = createServiceCall({
    protocol: 'anqu-ca',
    url,
    caller: 'tsm',
    key,
    clock,
    verify: sm2Verifier(service.publicKey),
  })
  return {
    anchors,
    async issue(csr, purpose) {
      const body = { csr: bytesToBase64(csr), purpose }
      return base64ToBytes((await call('/v1/server-certificates', body, issueAnswer)).certificate)
    },
  }
}

async function pinnedAnchors({ caUrl, dataDir, clock }: AuthorityOptions) {
  const file = path.join(dataDir, 'ca-anchors.json')
  let text = await readIfPresent(file)
  if (text === undefined) {
    const response = await fetch(`${caUrl}/v1/anchors`, { signal: AbortSignal.timeout(timeoutMs) })
    text = await response.text()
    anchorsAnswer.parse(JSON.parse(text))
    await writeFile(file, text, { mode: 0o600 })
  }
  const parsed = anchorsAnswer.parse(JSON.parse(text))
  const anchors = parsed.certificates.map((der) => parseCertificate(base64ToBytes(der)))
  const service = parseCertificate(base64ToBytes(parsed.service))
  const verdict = validateChain({
    leaf: service,
    intermediates: anchors.slice(0, -1),
    anchors: anchors.slice(-1),
    atMs: clock.nowMs(),
    usage: { keyUsage: ['digitalSignature'] },
  })
  if (!verdict.ok)
    throw new ServiceUnavailable(`the CA's service certificate does not lead to its root: ${verdict.rule}`)
  return { anchors, service }
}
