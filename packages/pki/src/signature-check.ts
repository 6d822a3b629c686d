import {
  foreignSignature,
  problemWithAlgorithm,
  problemWithKey,
  type AlgorithmPolicy,
  type ForeignSignature,
} from './algorithm-policy.ts'
import { isSm2WithSm3, type AlgorithmIdentifier, type PublicKeyInfo } from './algorithm.ts'
import type { Certificate } from './certificate/certificate.ts'
import { sm2SignedBy } from './path/issuer-verifier.ts'

/**
 * Work that may need a signature verified by the platform's own cryptography. It stops with the question and goes on with
 * the answer, so that one body serves synchronous and asynchronous callers. Without transitional algorithms it never stops.
 */
export type Checking<Result> = Generator<ForeignSignature, Result, boolean>

export interface Signed {
  readonly tbs: Uint8Array
  readonly signatureAlgorithm: AlgorithmIdentifier
  readonly signature: Uint8Array
}

/** Whether `issuer` signed it, with an algorithm that the policy allows (B-7.3.2.2-2). */
export function* signedBy(
  signed: Signed,
  issuer: Certificate,
  policy: Pick<AlgorithmPolicy, 'transitional'> | undefined,
): Checking<boolean> {
  if (isSm2WithSm3(signed.signatureAlgorithm)) return sm2SignedBy(signed, issuer)
  if (problemWithAlgorithm(signed.signatureAlgorithm, policy)) return false
  if (problemWithKey(issuer.publicKeyInfo, policy)) return false
  const { tbs: message, signature, signatureAlgorithm: algorithm } = signed
  const question = foreignSignature({ algorithm, message, signature }, issuer.publicKeyInfo)
  return question !== undefined && (yield question)
}

/** Whether this key made a signature of a transitional kind that the policy allows; never for SM2. */
export async function verifyTransitional(
  signed: {
    readonly algorithm: AlgorithmIdentifier
    readonly message: Uint8Array
    readonly signature: Uint8Array
  },
  key: PublicKeyInfo,
  policy: AlgorithmPolicy<boolean | Promise<boolean>>,
): Promise<boolean> {
  if (isSm2WithSm3(signed.algorithm) || problemWithAlgorithm(signed.algorithm, policy)) return false
  if (problemWithKey(key, policy)) return false
  const question = foreignSignature(signed, key)
  return question !== undefined && policy.verify(question)
}

/** Runs the work to its end with a verifier that answers at once. */
export function finish<Result>(work: Checking<Result>, policy: AlgorithmPolicy | undefined): Result {
  let step = work.next()
  while (!step.done) step = work.next(policy?.verify(step.value) === true)
  return step.value
}

/** Runs the work to its end with a verifier that takes its time, such as WebCrypto. */
export async function finishLater<Result>(
  work: Checking<Result>,
  policy: AlgorithmPolicy<boolean | Promise<boolean>> | undefined,
): Promise<Result> {
  let step = work.next()
  while (!step.done) step = work.next((await policy?.verify(step.value)) === true)
  return step.value
}
