/* oxlint-disable typescript/no-non-null-assertion -- every index is a constant below a constant length */

// GHASH (NIST SP 800-38D, 6.4) by integer multiplication of numbers with holes: bits three apart cannot carry into each
// other, so a 32-bit product gives a carry-less one without any table look-up that depends on the key or the data.

function carrylessLow(x: number, y: number): number {
  const x0 = x & 0x11111111
  const x1 = x & 0x22222222
  const x2 = x & 0x44444444
  const x3 = x & 0x88888888
  const y0 = y & 0x11111111
  const y1 = y & 0x22222222
  const y2 = y & 0x44444444
  const y3 = y & 0x88888888
  const z0 = Math.imul(x0, y0) ^ Math.imul(x1, y3) ^ Math.imul(x2, y2) ^ Math.imul(x3, y1)
  const z1 = Math.imul(x0, y1) ^ Math.imul(x1, y0) ^ Math.imul(x2, y3) ^ Math.imul(x3, y2)
  const z2 = Math.imul(x0, y2) ^ Math.imul(x1, y1) ^ Math.imul(x2, y0) ^ Math.imul(x3, y3)
  const z3 = Math.imul(x0, y3) ^ Math.imul(x1, y2) ^ Math.imul(x2, y1) ^ Math.imul(x3, y0)
  return (z0 & 0x11111111) | (z1 & 0x22222222) | (z2 & 0x44444444) | (z3 & 0x88888888)
}

function reverseBits(value: number): number {
  let x = value
  x = ((x & 0x55555555) << 1) | ((x >>> 1) & 0x55555555)
  x = ((x & 0x33333333) << 2) | ((x >>> 2) & 0x33333333)
  x = ((x & 0x0f0f0f0f) << 4) | ((x >>> 4) & 0x0f0f0f0f)
  x = ((x & 0x00ff00ff) << 8) | ((x >>> 8) & 0x00ff00ff)
  return (x << 16) | (x >>> 16)
}

// The nine factors of a two-level Karatsuba multiplication of four words.
function spread(out: Int32Array, w0: number, w1: number, [w2, w3]: readonly [number, number]): void {
  out[0] = w0
  out[1] = w1
  out[2] = w2
  out[3] = w3
  out[4] = w0 ^ w1
  out[5] = w2 ^ w3
  out[6] = w0 ^ w2
  out[7] = w1 ^ w3
  out[8] = out[6] ^ out[7]
}

function word(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] ?? 0) << 24) |
    ((bytes[at + 1] ?? 0) << 16) |
    ((bytes[at + 2] ?? 0) << 8) |
    (bytes[at + 3] ?? 0)
  )
}

const low = new Int32Array(9)
const high = new Int32Array(9)
const product = new Int32Array(8)

// Joins three 64-bit partial products (of words i, i+1 and their sum) into four words, XORed into `product` at `at`.
function addHalf(first: number, second: number, middle: number, at: number): void {
  const m0 = low[middle]! ^ low[first]! ^ low[second]!
  const m1 = high[middle]! ^ high[first]! ^ high[second]!
  product[at] = product[at]! ^ low[first]!
  product[at + 1] = product[at + 1]! ^ high[first]! ^ m0
  product[at + 2] = product[at + 2]! ^ low[second]! ^ m1
  product[at + 3] = product[at + 3]! ^ high[second]!
}

function reduce(): void {
  const z = product
  for (let i = 7; i > 0; i--) z[i] = (z[i]! << 1) | (z[i - 1]! >>> 31)
  z[0] = z[0]! << 1
  for (let i = 0; i < 4; i++) {
    const w = z[i]!
    z[i + 4] = z[i + 4]! ^ w ^ (w >>> 1) ^ (w >>> 2) ^ (w >>> 7)
    z[i + 3] = z[i + 3]! ^ (w << 31) ^ (w << 30) ^ (w << 25)
  }
}

/** Continues GHASH in `state` (16 bytes) with `data`, padded with zeros to whole blocks. */
export function ghashJs(hashKey: Uint8Array, state: Uint8Array, data: Uint8Array): void {
  const h = new Int32Array(9)
  const hr = new Int32Array(9)
  const y = new Int32Array(9)
  const yr = new Int32Array(9)
  const [k3, k2, k1, k0] = [word(hashKey, 0), word(hashKey, 4), word(hashKey, 8), word(hashKey, 12)]
  spread(h, k0, k1, [k2, k3])
  spread(hr, reverseBits(k0), reverseBits(k1), [reverseBits(k2), reverseBits(k3)])
  let [s3, s2, s1, s0] = [word(state, 0), word(state, 4), word(state, 8), word(state, 12)]
  for (let at = 0; at < data.length; at += 16) {
    s3 ^= word(data, at)
    s2 ^= word(data, at + 4)
    s1 ^= word(data, at + 8)
    s0 ^= word(data, at + 12)
    spread(y, s0, s1, [s2, s3])
    spread(yr, reverseBits(s0), reverseBits(s1), [reverseBits(s2), reverseBits(s3)])
    for (let i = 0; i < 9; i++) {
      low[i] = carrylessLow(y[i]!, h[i]!)
      high[i] = reverseBits(carrylessLow(yr[i]!, hr[i]!)) >>> 1
    }
    product.fill(0)
    addHalf(0, 1, 4, 0)
    addHalf(2, 3, 5, 4)
    const [x0, x1, x2, x3] = [product[0]!, product[1]!, product[2]!, product[3]!]
    const [x4, x5, x6, x7] = [product[4]!, product[5]!, product[6]!, product[7]!]
    addHalf(6, 7, 8, 2)
    product[2] = product[2]! ^ x0 ^ x4
    product[3] = product[3]! ^ x1 ^ x5
    product[4] = product[4]! ^ x2 ^ x6
    product[5] = product[5]! ^ x3 ^ x7
    reduce()
    s0 = product[4]!
    s1 = product[5]!
    s2 = product[6]!
    s3 = product[7]!
  }
  const view = new DataView(state.buffer, state.byteOffset, 16)
  for (const [i, value] of [s3, s2, s1, s0].entries()) view.setInt32(4 * i, value)
  for (const scratch of [h, hr, y, yr, low, high, product]) scratch.fill(0)
}
