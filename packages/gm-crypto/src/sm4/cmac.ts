import { engine } from '../engine/current.ts'
import type { KeyBytes } from '../keys/secret-bytes.ts'
import { blockSize, withSchedule } from './schedule.ts'

// Multiplication by x in GF(2¹²⁸) (NIST SP 800-38B, 6.1), the conditional XOR done by a mask.
function timesX(block: Uint8Array): Uint8Array {
  const out = new Uint8Array(blockSize)
  for (let i = 0; i < blockSize; i++) out[i] = ((block[i] ?? 0) << 1) | ((block[i + 1] ?? 0) >> 7)
  out[15] = (out[15] ?? 0) ^ (-((block[0] ?? 0) >> 7) & 0x87)
  return out
}

/** SM4-CMAC of `data`: 16 bytes (NIST SP 800-38B, GB/T 15852.1 MAC algorithm 5). */
export function sm4Cmac(key: KeyBytes, data: Uint8Array): Uint8Array<ArrayBuffer> {
  return withSchedule(key, (schedule) => {
    const zero = new Uint8Array(blockSize)
    const subkey = new Uint8Array(blockSize)
    engine().sm4Blocks(schedule, zero, subkey)
    const whole = data.length > 0 && data.length % blockSize === 0
    const last = whole ? timesX(subkey) : timesX(timesX(subkey))
    const blocks = new Uint8Array(whole ? data.length : (Math.floor(data.length / blockSize) + 1) * blockSize)
    blocks.set(data)
    if (!whole) blocks[data.length] = 0x80
    for (let i = 0; i < blockSize; i++) {
      const at = blocks.length - blockSize + i
      blocks[at] = (blocks[at] ?? 0) ^ (last[i] ?? 0)
    }
    engine().sm4CbcBlocks(schedule, zero, blocks, blocks)
    subkey.fill(0)
    last.fill(0)
    return blocks.slice(-blockSize)
  })
}
