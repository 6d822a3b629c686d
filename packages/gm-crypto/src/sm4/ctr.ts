import { engine } from '../engine/current.ts'
import { GmCryptoError, requireLength } from '../errors.ts'
import type { KeyBytes } from '../keys/secret-bytes.ts'
import { blockSize, withSchedule } from './schedule.ts'

/**
 * SM4-CTR (GB/T 17964—2021): encrypts and decrypts alike. `counter` is the first 128-bit big-endian counter block; a
 * key and counter block must never be used twice. Refuses with `gm.counter-overflow` data that would carry the counter
 * past 2¹²⁸, where the key stream would begin to repeat other blocks. Gives no protection against change.
 */
export function sm4Ctr(key: KeyBytes, counter: Uint8Array, data: Uint8Array): Uint8Array<ArrayBuffer> {
  requireLength(counter, blockSize, 'the counter block')
  refuseOverflow(counter, Math.ceil(data.length / blockSize))
  const out = new Uint8Array(data.length)
  withSchedule(key, (schedule) => engine().sm4Counter(schedule, counter, data, out))
  return out
}

function refuseOverflow(counter: Uint8Array, blocks: number): void {
  if (counter.subarray(0, 10).some((byte) => byte !== 0xff)) return
  let left = 0
  for (const byte of counter.subarray(10)) left = left * 256 + (0xff - byte)
  if (blocks > left + 1) throw new GmCryptoError('gm.counter-overflow', 'the counter would overflow')
}
