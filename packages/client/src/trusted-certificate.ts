import { base64ToBytes } from '@anqu/encoding'
import { parseCertificate, validateChain, type Certificate } from '@anqu/pki'

/** @throws Error when the certificate does not lead to the pinned root: nothing is installed then. */
export function trustedCertificate(
  issued: { readonly certificate: string; readonly chain: readonly string[] },
  { anchors, nowMs }: { readonly anchors: readonly Certificate[]; readonly nowMs: number },
): Certificate {
  const leaf = parseCertificate(base64ToBytes(issued.certificate))
  const intermediates = issued.chain.map((text) => parseCertificate(base64ToBytes(text)))
  const usage = { keyUsage: ['digitalSignature'] } as const
  const verdict = validateChain({ leaf, intermediates, anchors, atMs: nowMs, usage })
  if (!verdict.ok) throw new Error(`the certificate does not lead to the pinned root: ${verdict.rule}`)
  return leaf
}
