import { Refusal, type HolderSignature } from '@anqu/contract'
import { base64ToBytes } from '@anqu/encoding'
import { problemWithNames } from '@anqu/pki'

/** The bytes of a signature, unless it names an algorithm that nothing is computed with (B-7.3.2.3-2, B-7.3.2.3-3). */
export function allowedSignature(signature: HolderSignature): Uint8Array {
  const problem = problemWithNames(signature)
  if (problem !== undefined) throw new Refusal('signature.algorithm-refused', problem)
  return base64ToBytes(signature.value)
}
