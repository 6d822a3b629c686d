/* oxlint-disable typescript/no-non-null-assertion -- every index is a byte into a 256-entry table or a loop counter */

// The S-box of GB/T 32907—2016 from its algebraic form: inversion in GF(2⁸) between two affine maps.
function multiply(a: number, b: number): number {
  let product = 0
  for (let x = a, y = b; y > 0; y >>= 1, x = (x << 1) ^ (x & 0x80 ? 0x1f5 : 0)) if (y & 1) product ^= x
  return product & 0xff
}

function affine(value: number): number {
  let out = 0
  for (let i = 0; i < 8; i++) {
    let bit = 0
    const row = ((0xa7a7 << i) >> 8) & 0xff
    for (let j = 0; j < 8; j++) bit ^= ((row & value) >> j) & 1
    out |= bit << i
  }
  return out ^ 0xd3
}

function invert(value: number): number {
  let result = 1
  for (let i = 0; i < 254; i++) result = multiply(result, value)
  return result
}

const sbox = Uint8Array.from({ length: 256 }, (_, x) => affine(invert(affine(x))))

function rotate(x: number, by: number): number {
  return (x << by) | (x >>> (32 - by))
}

// L(S(x) in the highest byte); the other three positions are rotations of it.
const table = Int32Array.from(sbox, (s) => {
  const x = s << 24
  return x ^ rotate(x, 2) ^ rotate(x, 10) ^ rotate(x, 18) ^ rotate(x, 24)
})

function round(x: number): number {
  const a = table[x >>> 24]!
  const b = table[(x >>> 16) & 255]!
  const c = table[(x >>> 8) & 255]!
  const d = table[x & 255]!
  return a ^ ((b >>> 8) | (b << 24)) ^ ((c >>> 16) | (c << 16)) ^ ((d >>> 24) | (d << 8))
}

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
}

function store(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24
  bytes[at + 1] = value >>> 16
  bytes[at + 2] = value >>> 8
  bytes[at + 3] = value
}

/** 32 round keys (GB/T 32907, 7.3). */
export function sm4ScheduleJs(key: Uint8Array): Int32Array {
  const out = new Int32Array(32)
  const k = [
    word(key, 0) ^ 0xa3b1bac6,
    word(key, 4) ^ 0x56aa3350,
    word(key, 8) ^ 0x677d9197,
    word(key, 12) ^ 0xb27022dc,
  ]
  for (let i = 0; i < 32; i++) {
    let constant = 0
    for (let j = 0; j < 4; j++) constant = (constant << 8) | ((28 * i + 7 * j) & 255)
    const x = k[1]! ^ k[2]! ^ k[3]! ^ constant
    const s =
      (sbox[x >>> 24]! << 24) |
      (sbox[(x >>> 16) & 255]! << 16) |
      (sbox[(x >>> 8) & 255]! << 8) |
      sbox[x & 255]!
    const next = k[0]! ^ s ^ rotate(s, 13) ^ rotate(s, 23)
    k.push(next)
    k.shift()
    out[i] = next
  }
  k.fill(0)
  return out
}

/** Encrypts whole blocks, each by itself (GB/T 32907, 7.2). `input` and `output` may be the same array. */
export function sm4BlocksJs(schedule: Int32Array, input: Uint8Array, output: Uint8Array): void {
  for (let at = 0; at < input.length; at += 16) {
    let a = word(input, at)
    let b = word(input, at + 4)
    let c = word(input, at + 8)
    let d = word(input, at + 12)
    for (let i = 0; i < 32; i += 4) {
      a ^= round(b ^ c ^ d ^ schedule[i]!)
      b ^= round(c ^ d ^ a ^ schedule[i + 1]!)
      c ^= round(d ^ a ^ b ^ schedule[i + 2]!)
      d ^= round(a ^ b ^ c ^ schedule[i + 3]!)
    }
    store(output, at, d)
    store(output, at + 4, c)
    store(output, at + 8, b)
    store(output, at + 12, a)
  }
}

/** CBC encryption of whole blocks (GB/T 17964, 7). */
export function sm4CbcBlocksJs(
  schedule: Int32Array,
  iv: Uint8Array,
  input: Uint8Array,
  output: Uint8Array,
): void {
  const block = Uint8Array.from(iv)
  for (let at = 0; at < input.length; at += 16) {
    for (let i = 0; i < 16; i++) block[i] = block[i]! ^ input[at + i]!
    sm4BlocksJs(schedule, block, block)
    output.set(block, at)
  }
}

/** Adds the key stream of a 128-bit big-endian counter to `input`. */
export function sm4CounterJs(
  schedule: Int32Array,
  counter: Uint8Array,
  input: Uint8Array,
  output: Uint8Array,
): void {
  const step = 64
  const stream = new Uint8Array(16 * step)
  const next = Uint8Array.from(counter)
  for (let at = 0; at < input.length; at += 16 * step) {
    const bytes = Math.min(16 * step, input.length - at)
    const blocks = Math.ceil(bytes / 16)
    for (let i = 0; i < blocks; i++) {
      stream.set(next, 16 * i)
      for (let j = 15, carry = 1; j >= 0; j--) {
        carry += next[j]!
        next[j] = carry
        carry >>= 8
      }
    }
    const used = stream.subarray(0, 16 * blocks)
    sm4BlocksJs(schedule, used, used)
    for (let i = 0; i < bytes; i++) output[at + i] = input[at + i]! ^ stream[i]!
  }
  stream.fill(0)
}
