/** Reads big-endian bytes as a natural number. Only for public values and the reference engine: BigInt is not constant-time. */
export function toBigInt(bytes: Uint8Array): bigint {
  let hex = '0x0'
  for (const byte of bytes) hex += byte.toString(16).padStart(2, '0')
  return BigInt(hex)
}

/** Writes a natural number below 2²⁵⁶ as 32 big-endian bytes. */
export function toBytes32(value: bigint): Uint8Array<ArrayBuffer> {
  const hex = value.toString(16).padStart(64, '0')
  const out = new Uint8Array(32)
  for (let i = 0; i < 32; i++) out[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16)
  return out
}
