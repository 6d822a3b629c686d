import { randomBytes } from '@anqu/gm-crypto'
import { systemClock } from './clock.ts'

let lastMs = 0
let counter = 0

/**
 * A UUID version 7 (RFC 9562, 5.7): 48 bits of milliseconds, then a 12-bit counter (method 1 of 6.2) so that
 * ids of one process made within one millisecond still sort in the order they were made, then 62 random bits.
 * Made by the application, so that no database sequence is needed and tables can be spread.
 */
export function uuidv7(nowMs = systemClock.nowMs()): string {
  const bytes = randomBytes(16)
  if (nowMs > lastMs) {
    lastMs = nowMs
    // The counter starts in its lower half, so that about two thousand ids fit into a millisecond.
    counter = (((bytes[6] ?? 0) << 8) | (bytes[7] ?? 0)) & 0x7ff
  } else if (nowMs < lastMs - 60_000) {
    // A clock that was set back (or a fake one): follow it rather than hand out ids from the future.
    lastMs = nowMs
    counter = 0
  } else if (++counter > 0xfff) {
    lastMs += 1
    counter = 0
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, 16)
  view.setUint16(0, Math.floor(lastMs / 0x1_0000_0000))
  view.setUint32(2, lastMs >>> 0)
  view.setUint16(6, 0x7000 | counter)
  view.setUint8(8, 0x80 | (view.getUint8(8) & 0x3f))
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, 16).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
