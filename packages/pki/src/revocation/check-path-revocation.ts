import type { AlgorithmPolicy } from '../algorithm-policy.ts'
import type { Certificate } from '../certificate/certificate.ts'
import { chainFailure, type ChainFailure } from '../path/chain-rules.ts'
import { checkRevocation } from './check-revocation.ts'
import type { Crl } from './crl.ts'

export interface PathRevocationInput {
  /** A validated path, from the end entity to the anchor. */
  readonly path: readonly Certificate[]
  readonly crls: readonly Crl[]
  readonly atMs: number
  /** Certificates of signers of lists that use other keys than the issuers of the path. */
  readonly signers?: readonly Certificate[]
  readonly algorithms?: AlgorithmPolicy
}

/**
 * RFC 5280 section 6.1.3 (a)(3) for every certificate below the anchor, from the top: undefined when none is revoked and a
 * trustworthy list speaks for each (B-7.3.2.2-7: what is not known is refused).
 */
export function checkPathRevocation(input: PathRevocationInput): ChainFailure | undefined {
  const { path, crls, atMs, algorithms } = input
  const [anchor, ...below] = path.toReversed()
  if (!anchor) return undefined
  const signers = { certificates: [...path.slice(0, -1), ...(input.signers ?? [])], anchor }
  let issuer = anchor
  for (const certificate of below) {
    const question = { certificate, issuer, crls, atMs, signers, ...(algorithms ? { algorithms } : {}) }
    const state = checkRevocation(question)
    if (state.status === 'unknown') return chainFailure(certificate, 'status-unknown', state.detail)
    if (state.status === 'revoked') {
      const when = new Date(state.revokedAtMs).toISOString()
      return chainFailure(certificate, 'revoked', `revoked at ${when} for ${state.reason}`)
    }
    issuer = certificate
  }
  return undefined
}
