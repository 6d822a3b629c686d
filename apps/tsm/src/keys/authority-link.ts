import { connectAuthority, issueAnswer } from '@anqu/ca/api'
import { base64ToBytes, bytesToBase64 } from '@anqu/encoding'
import type { Certificate } from '@anqu/pki'
import type { Clock } from '@anqu/platform'

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

/** Signed calls to the CA under the TSM's own caller key. */
export async function linkAuthority(options: AuthorityOptions): Promise<AuthorityLink> {
  const { caUrl: url, caCallersDir: callersDir, dataDir, clock } = options
  const { anchors, call } = await connectAuthority({ url, caller: 'tsm', dataDir, callersDir, clock })
  return {
    anchors,
    async issue(csr, purpose) {
      const body = { csr: bytesToBase64(csr), purpose }
      return base64ToBytes((await call('/v1/server-certificates', body, issueAnswer)).certificate)
    },
  }
}
