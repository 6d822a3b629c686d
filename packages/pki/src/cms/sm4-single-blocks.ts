import { concatBytes } from '@anqu/encoding'
import { sm4CbcDecrypt, sm4CbcEncrypt } from '@anqu/gm-crypto'

/**
 * SM4 in ECB mode, which gm-crypto does not offer (A-9.2-14), made of CBC calls. Its only use here is the key pair of
 * GM/T 0009 clause 7.4, which asks for it: one random number of two blocks under a key that is used once, so that equal
 * blocks do not occur.
 */
const BLOCK = 16
const ZERO = new Uint8Array(BLOCK)

const blocksOf = (bytes: Uint8Array): Uint8Array[] =>
  Array.from({ length: bytes.length / BLOCK }, (_, at) => bytes.subarray(at * BLOCK, (at + 1) * BLOCK))

export function sm4EncryptBlocks(key: Uint8Array, text: Uint8Array): Uint8Array {
  return concatBytes(...blocksOf(text).map((block) => sm4CbcEncrypt(key, ZERO, block).subarray(0, BLOCK)))
}

export function sm4DecryptBlocks(key: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  // One more block, made to be a right padding behind the last one, satisfies the check of CBC and is cut off by it.
  const padding = sm4CbcEncrypt(key, ciphertext.subarray(-BLOCK), new Uint8Array(0))
  const chained = sm4CbcDecrypt(key, ZERO, concatBytes(ciphertext, padding))
  return chained.map((byte, at) => (at < BLOCK ? byte : byte ^ (ciphertext[at - BLOCK] ?? 0)))
}
