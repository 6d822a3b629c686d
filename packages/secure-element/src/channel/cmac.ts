import { BLOCK_LENGTH, type BlockCipher } from './block-cipher.ts'

const ZERO_BLOCK = new Uint8Array(BLOCK_LENGTH)
/** Reduction polynomial of GF(2¹²⁸) in NIST SP 800-38B §5.3. */
const REDUCTION = 0x87

/** CMAC (NIST SP 800-38B; GB/T 15852.1 MAC algorithm 5) of 16 bytes. */
export async function cmac(cipher: BlockCipher, key: Uint8Array, message: Uint8Array): Promise<Uint8Array> {
  const k1 = doubled(await cipher.encrypt(key, ZERO_BLOCK, ZERO_BLOCK))
  const blocks = Math.max(1, Math.ceil(message.length / BLOCK_LENGTH))
  const padded = new Uint8Array(blocks * BLOCK_LENGTH)
  padded.set(message)
  const whole = message.length === padded.length
  if (!whole) padded[message.length] = 0x80
  const subkey = whole ? k1 : doubled(k1)
  const start = padded.length - BLOCK_LENGTH
  subkey.forEach((byte, at) => (padded[start + at] = (padded[start + at] ?? 0) ^ byte))
  return (await cipher.encrypt(key, ZERO_BLOCK, padded)).slice(-BLOCK_LENGTH)
}

function doubled(block: Uint8Array): Uint8Array {
  const carry = (block[0] ?? 0) >> 7
  const result = block.map((byte, at) => ((byte << 1) | ((block[at + 1] ?? 0) >> 7)) & 0xff)
  const last = result.length - 1
  result[last] = (result[last] ?? 0) ^ (carry * REDUCTION)
  return result
}
