import { randomBytes } from '@anqu/gm-crypto'

/** 16 bytes with 126 random bits. The two highest bits are 01: positive in DER without a sign byte, and never shorter. */
export function randomSerial(): Uint8Array {
  const serial = randomBytes(16)
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40
  return serial
}
