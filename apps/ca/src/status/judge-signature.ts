import { base64ToBytes } from '@anqu/encoding'
import { sm2Verify } from '@anqu/gm-crypto'
import type { GmPool } from '@anqu/gm-crypto/pool'
import {
  problemWithNames,
  transitionalScheme,
  verifyTransitional,
  webCryptoVerifier,
  type PublicKeyInfo,
  type TransitionalAlgorithm,
} from '@anqu/pki'
import type { z } from 'zod'
import type * as api from '../api/schemas.ts'
import type { KeyAlgorithm } from '../profiles/transition.ts'
import type { CertifiedKeys, StoredKey } from './certified-keys.ts'

type Claim = z.infer<typeof api.verifyRequest>
type Verdict = z.infer<typeof api.verifyAnswer>['status']
export type Signer = StoredKey & {
  readonly account_id: string | null
  readonly terminal_id: string | null
  readonly profile: string
  readonly key_algorithm: KeyAlgorithm
}
export type JudgeNeeds = {
  readonly certifiedKeys: CertifiedKeys
  /** Workers for the verification of customers' signatures; without them it is done in this thread. */
  readonly pool?: GmPool | undefined
}

const verify = webCryptoVerifier(globalThis.crypto.subtle)

export const belongs = (signer: Signer, claim: { accountId: string; terminalId: string }): boolean =>
  signer.account_id === claim.accountId && signer.terminal_id === claim.terminalId

/** Names that are not those of the signer's key, or not allowed now, are refused before anything is computed. */
function namesAllowed(
  signer: Signer | undefined,
  claim: Claim,
  allowed: readonly TransitionalAlgorithm[],
): boolean {
  if (problemWithNames(claim) === undefined) return signer === undefined || signer.key_algorithm === 'sm2'
  if (signer === undefined || signer.key_algorithm === 'sm2') return false
  return allowed.includes(signer.key_algorithm) && transitionalScheme(claim) !== undefined
}

/**
 * Steps 6 and 7 of B-6.2.5-1. `allowed` are the transitional algorithms of the signer's profile today: none unless two
 * officers named them (A-9.5-5, A-9.5-6).
 */
export async function judgeSignature(
  { certifiedKeys, pool }: JudgeNeeds,
  question: {
    readonly signer: Signer | undefined
    readonly status: z.infer<typeof api.certificateStatus>
    readonly claim: Claim
    readonly allowed: readonly TransitionalAlgorithm[]
  },
): Promise<Verdict> {
  const { signer, status, claim, allowed } = question
  if (!namesAllowed(signer, claim, allowed)) return 'algorithm'
  if (signer === undefined) return 'unknown'
  if (!belongs(signer, claim)) return 'mismatch'
  if (status !== 'good') return status
  // A key certified for encryption never speaks for its holder (B-7.3.2.1-1).
  if (signer.profile !== 'customer-signing') return 'mismatch'
  const key = certifiedKeys(signer)
  if (key === undefined) return 'mismatch'
  if ('transitional' in key)
    return (await signedBy(key.transitional, claim, allowed)) ? 'good' : 'bad-signature'
  const [message, signature] = [base64ToBytes(claim.message), base64ToBytes(claim.signature)]
  const { sm2: publicKey } = key
  const right = pool
    ? await pool.verify({ publicKey, message, signature })
    : sm2Verify(publicKey, message, signature)
  return right ? 'good' : 'bad-signature'
}

async function signedBy(
  key: PublicKeyInfo,
  claim: Claim,
  transitional: readonly TransitionalAlgorithm[],
): Promise<boolean> {
  const algorithm = transitionalScheme(claim)
  if (algorithm === undefined) return false
  const [message, signature] = [base64ToBytes(claim.message), base64ToBytes(claim.signature)]
  return verifyTransitional({ algorithm, message, signature }, key, { transitional, verify })
}
