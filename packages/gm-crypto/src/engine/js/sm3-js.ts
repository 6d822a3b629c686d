/* oxlint-disable typescript/no-non-null-assertion -- every index is a loop counter below a constant length */

const expanded = new Int32Array(68)
// T_j <<< j for each of the 64 rounds (GB/T 32905, 4.2 and 5.3.3).
const constants = Int32Array.from({ length: 64 }, (_, j) => rotate(j < 16 ? 0x79cc4519 : 0x7a879d8a, j % 32))

function rotate(x: number, by: number): number {
  return (x << by) | (x >>> (32 - by))
}

/** Message expansion (GB/T 32905, 5.3.2). */
function expand(blocks: Uint8Array, at: number): void {
  const w = expanded
  for (let j = 0, i = at; j < 16; j++, i += 4) {
    w[j] = (blocks[i]! << 24) | (blocks[i + 1]! << 16) | (blocks[i + 2]! << 8) | blocks[i + 3]!
  }
  for (let j = 16; j < 68; j++) {
    const t = w[j - 3]!
    const x = w[j - 16]! ^ w[j - 9]! ^ ((t << 15) | (t >>> 17))
    const u = w[j - 13]!
    w[j] = x ^ ((x << 15) | (x >>> 17)) ^ ((x << 23) | (x >>> 9)) ^ ((u << 7) | (u >>> 25)) ^ w[j - 6]!
  }
}

/** Takes whole blocks into the state (GB/T 32905, 5.3.3). */
export function sm3BlocksJs(state: Int32Array, blocks: Uint8Array): void {
  const w = expanded
  for (let at = 0; at < blocks.length; at += 64) {
    expand(blocks, at)
    let a = state[0]!
    let b = state[1]!
    let c = state[2]!
    let d = state[3]!
    let e = state[4]!
    let f = state[5]!
    let g = state[6]!
    let h = state[7]!
    for (let j = 0; j < 64; j++) {
      const a12 = (a << 12) | (a >>> 20)
      const sum = (a12 + e + constants[j]!) | 0
      const ss1 = (sum << 7) | (sum >>> 25)
      const ff = j < 16 ? a ^ b ^ c : (a & b) | (c & (a | b))
      const gg = j < 16 ? e ^ f ^ g : g ^ (e & (f ^ g))
      const t1 = (ff + d + (ss1 ^ a12) + (w[j]! ^ w[j + 4]!)) | 0
      const t2 = (gg + h + ss1 + w[j]!) | 0
      d = c
      c = (b << 9) | (b >>> 23)
      b = a
      a = t1
      h = g
      g = (f << 19) | (f >>> 13)
      f = e
      e = t2 ^ ((t2 << 9) | (t2 >>> 23)) ^ ((t2 << 17) | (t2 >>> 15))
    }
    state[0] = a ^ state[0]!
    state[1] = b ^ state[1]!
    state[2] = c ^ state[2]!
    state[3] = d ^ state[3]!
    state[4] = e ^ state[4]!
    state[5] = f ^ state[5]!
    state[6] = g ^ state[6]!
    state[7] = h ^ state[7]!
  }
  w.fill(0)
}
