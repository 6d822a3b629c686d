import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { base64ToBytes } from '@anqu/encoding'
import { sm2Verifier } from '@anqu/gm-crypto'
import { parseCertificate, validateChain, type Certificate } from '@anqu/pki'
import {
  createServiceCall,
  loadCallerKey,
  readIfPresent,
  ServiceUnavailable,
  type Clock,
  type ServiceCall,
} from '@anqu/platform'
import { anchorsAnswer } from './schemas.ts'

/** Names the CA in what is signed, so that a call to it means nothing to another service. */
export const protocol = 'anqu-ca'

const timeoutMs = 5_000

export type AuthorityConnection = {
  /** Issuing certificate first, root last; pinned at the first contact. */
  readonly anchors: readonly Certificate[]
  readonly call: ServiceCall
}

/**
 * Signed calls of one caller to the CA. The caller's key is made at the first start and enrolled by a file; the CA's root is
 * pinned then, and every answer must be signed by a service key that leads to it.
 * @throws ServiceUnavailable
 */
export async function connectAuthority(options: {
  readonly url: string
  readonly caller: string
  readonly dataDir: string
  readonly callersDir: string
  readonly clock: Clock
}): Promise<AuthorityConnection> {
  const { url, caller, dataDir, callersDir, clock } = options
  const key = await loadCallerKey({ dataDir, callersDir, caller, service: 'ca' })
  const { anchors, service } = await pinnedAnchors(options)
  const verify = sm2Verifier(service.publicKey)
  return { anchors, call: createServiceCall({ protocol, url, caller, key, clock, verify }) }
}

/** The CA's certificates as pinned at the first contact; later answers of the CA do not change them. */
async function pinnedAnchors({ url, dataDir, clock }: { url: string; dataDir: string; clock: Clock }) {
  const file = path.join(dataDir, 'ca-anchors.json')
  let text = await readIfPresent(file)
  if (text === undefined) {
    const response = await fetch(`${url}/v1/anchors`, { signal: AbortSignal.timeout(timeoutMs) })
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
