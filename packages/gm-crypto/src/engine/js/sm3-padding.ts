import { sm3BlocksJs } from './sm3-js.ts'

/** The initial value of SM3 (GB/T 32905, 4.1). */
export const sm3Initial: readonly number[] = [
  0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e,
]

/** Pads (GB/T 32905, 5.2) and finishes: `tail` are the last bytes of `before + tail.length`; fewer than 2⁵³ in all. */
export function sm3FinishJs(state: Int32Array, tail: Uint8Array, before: number): Uint8Array<ArrayBuffer> {
  const whole = tail.length - (tail.length % 64)
  if (whole > 0) sm3BlocksJs(state, tail.subarray(0, whole))
  const rest = tail.length - whole
  const padded = new Uint8Array(rest < 56 ? 64 : 128)
  padded.set(tail.subarray(whole))
  padded[rest] = 0x80
  const view = new DataView(padded.buffer)
  const total = before + tail.length
  view.setUint32(padded.length - 8, Math.floor(total / 0x20000000))
  view.setUint32(padded.length - 4, (total * 8) >>> 0)
  sm3BlocksJs(state, padded)
  const out = new Uint8Array(32)
  const words = new DataView(out.buffer)
  for (const [i, word] of state.entries()) words.setInt32(4 * i, word)
  return out
}

/** SM3 in one go. */
export function sm3Js(data: Uint8Array): Uint8Array<ArrayBuffer> {
  return sm3FinishJs(Int32Array.from(sm3Initial), data, 0)
}
