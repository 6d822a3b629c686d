import type { Certificate } from '../certificate/certificate.ts'
import { chainFailure, type ChainFailure } from '../path/chain-rules.ts'
import { validateChain, type ChainUsage } from '../path/validate-chain.ts'
import type { RevocationStatus } from '../revocation/check-revocation.ts'
import type { CmsFamily } from './content-types.ts'
import { encodeEnvelopedData } from './enveloped-data.ts'
import { encodeSignedAndEnvelopedData } from './signed-and-enveloped-data.ts'
import type { CmsSigner } from './signer-info.ts'

export interface DigitalEnvelopeRequest {
  readonly family: CmsFamily
  readonly content: Uint8Array
  readonly recipients: readonly Certificate[]
  /** When given, the envelope is signed as well. */
  readonly signers?: readonly CmsSigner[]
  readonly trust: {
    readonly anchors: readonly Certificate[]
    readonly intermediates: readonly Certificate[]
    readonly atMs: number
    /** Further demands on the recipients, such as the policy; the mark of data encryption is always demanded. */
    readonly usage?: Omit<ChainUsage, 'keyUsage'>
    /** State of the recipient's certificate by list or OCSP; `path` runs from it to the anchor. */
    readonly status: (path: readonly Certificate[]) => RevocationStatus | Promise<RevocationStatus>
  }
}

/** B-7.3.3.2-1, B-7.3.3.3-1: X.509 names no single mark; either of these two says that keys or data may be encrypted. */
const ENCRYPTION_MARKS = ['keyEncipherment', 'dataEncipherment'] as const

/**
 * A digital envelope whose recipients were checked first: chain, validity, key usage and status of each, before the content
 * key is drawn (B-7.3.3.3-3). The first one that fails refuses the whole, and nothing is produced (B-7.3.3.3-4).
 */
export async function sealDigitalEnvelope(
  request: DigitalEnvelopeRequest,
): Promise<{ readonly ok: true; readonly message: Uint8Array } | ChainFailure> {
  const { family, content, recipients, signers, trust } = request
  for (const recipient of recipients) {
    const failure = await problemWithRecipient(recipient, trust)
    if (failure) return failure
  }
  const message = signers
    ? await encodeSignedAndEnvelopedData({ family, content, recipients, signers })
    : encodeEnvelopedData({ family, content, recipients })
  return { ok: true, message }
}

async function problemWithRecipient(
  recipient: Certificate,
  { anchors, intermediates, atMs, usage, status }: DigitalEnvelopeRequest['trust'],
): Promise<ChainFailure | undefined> {
  if (!ENCRYPTION_MARKS.some((mark) => recipient.keyUsage?.includes(mark)))
    return chainFailure(recipient, 'key-usage', `the key usage lacks ${ENCRYPTION_MARKS.join(' and ')}`)
  const chain = validateChain({ leaf: recipient, intermediates, anchors, atMs, usage: usage ?? {} })
  if (!chain.ok) return chain
  const state = await status(chain.path)
  if (state.status === 'unknown') return chainFailure(recipient, 'status-unknown', state.detail)
  return state.status === 'revoked'
    ? chainFailure(
        recipient,
        'revoked',
        `revoked at ${new Date(state.revokedAtMs).toISOString()} for ${state.reason}`,
      )
    : undefined
}
