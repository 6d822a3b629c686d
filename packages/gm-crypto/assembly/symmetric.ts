import { compress } from './sm3-kernel'
import { substitute } from './sm4-kernel'

// SM3, SM4 and GHASH. The host writes data at DATA and reads results there.
/** State of a hash: eight 32-bit words. */
export const HASH: i32 = 20480
/** Block to hash or 16-byte values: counter, initial vector, hash key, GHASH state. */
export const COUNTER: i32 = 20544
export const HASH_KEY: i32 = 20560
export const GHASH_STATE: i32 = 20576
/** 32 round keys. */
export const SCHEDULE: i32 = 20608
/** An SM4 key. */
export const KEY: i32 = 20736
const STREAM: i32 = 20864
/** Expanded words of the block that SM3 is at, 512 bytes. */
const WORDS: i32 = 20992
const WIPED_END: i32 = 21504
/** 64 KiB of data, worked on in place, and 1 KiB behind it for padding and whole groups of eight blocks. */
export const DATA: i32 = 65536

/** Takes `blocks` 64-byte blocks at DATA into the state at HASH. */
export function sm3Blocks(blocks: i32): void {
  compress(HASH, DATA, blocks, WORDS)
}

// The initial value of SM3 (GB/T 32905, 4.1).
function startHash(): void {
  store<u32>(HASH, 0x7380166f)
  store<u32>(HASH, 0x4914b2b9, 4)
  store<u32>(HASH, 0x172442d7, 8)
  store<u32>(HASH, 0xda8a0600, 12)
  store<u32>(HASH, 0xa96f30bc, 16)
  store<u32>(HASH, 0x163138aa, 20)
  store<u32>(HASH, 0xe38dee4d, 24)
  store<u32>(HASH, 0xb0fb0e4e, 28)
}

/**
 * Finishes a hash in one call: `length` bytes at DATA are its last ones, after `before` bytes (whole blocks) already in
 * the state at HASH; with `before` 0 the state is started here. The hash is left at HASH, big-endian. There must be room
 * for the padding, 72 bytes, behind the data.
 */
export function sm3Finish(length: i32, before: i32): void {
  if (before === 0) startHash()
  const blocks = (length + 9 + 63) >> 6
  const end = DATA + 64 * blocks
  memory.fill(DATA + length, 0, 64 * blocks - length)
  store<u8>(DATA + length, 0x80)
  store<u64>(end - 8, bswap<u64>((<u64>(<u32>length) + <u64>(<u32>before)) << 3))
  compress(HASH, DATA, blocks, WORDS)
  for (let i = 0; i < 32; i += 4) store<u32>(HASH + i, bswap<u32>(load<u32>(HASH + i)))
}

/** Round keys at SCHEDULE from the key at KEY (GB/T 32907, 7.3). */
export function sm4Schedule(): void {
  let a = bswap<u32>(load<u32>(KEY)) ^ 0xa3b1bac6
  let b = bswap<u32>(load<u32>(KEY, 4)) ^ 0x56aa3350
  let c = bswap<u32>(load<u32>(KEY, 8)) ^ 0x677d9197
  let d = bswap<u32>(load<u32>(KEY, 12)) ^ 0xb27022dc
  for (let i = 0; i < 32; i++) {
    const j = 28 * i
    const constant = ((j & 255) << 24) | (((j + 7) & 255) << 16) | (((j + 14) & 255) << 8) | ((j + 21) & 255)
    const s = <u32>i32x4.extract_lane(substitute(i32x4.splat(b ^ c ^ d ^ constant)), 0)
    const next = a ^ s ^ rotl<u32>(s, 13) ^ rotl<u32>(s, 23)
    store<u32>(SCHEDULE + 4 * i, next)
    a = b
    b = c
    c = d
    d = next
  }
}

// L(S(x)) on four words.
// inline
function transform(x: v128): v128 {
  const b = substitute(x)
  // A swizzle with a constant is one instruction; V8 builds the mask of such a shuffle anew each time.
  const r8 = i8x16.swizzle(b, i8x16(3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14))
  const r16 = i8x16.swizzle(b, i8x16(2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13))
  const r24 = i8x16.swizzle(b, i8x16(1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12))
  const t = v128.xor(b, v128.xor(r8, r16))
  return v128.xor(v128.xor(b, r24), v128.or(i32x4.shl(t, 2), i32x4.shr_u(t, 30)))
}

// inline
function reverseWords(x: v128): v128 {
  return i8x16.swizzle(x, i8x16(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12))
}

/** Encrypts eight blocks in place, two vectors of four side by side so that their latencies overlap. */
function encryptEight(at: i32): void {
  let a0 = reverseWords(v128.load(at))
  let b0 = reverseWords(v128.load(at, 16))
  let c0 = reverseWords(v128.load(at, 32))
  let d0 = reverseWords(v128.load(at, 48))
  let a1 = reverseWords(v128.load(at, 64))
  let b1 = reverseWords(v128.load(at, 80))
  let c1 = reverseWords(v128.load(at, 96))
  let d1 = reverseWords(v128.load(at, 112))
  // Four blocks to four words: a 4 × 4 transposition.
  let p = i32x4.shuffle(a0, b0, 0, 4, 1, 5)
  let q = i32x4.shuffle(c0, d0, 0, 4, 1, 5)
  let r = i32x4.shuffle(a0, b0, 2, 6, 3, 7)
  let s = i32x4.shuffle(c0, d0, 2, 6, 3, 7)
  a0 = i64x2.shuffle(p, q, 0, 2)
  b0 = i64x2.shuffle(p, q, 1, 3)
  c0 = i64x2.shuffle(r, s, 0, 2)
  d0 = i64x2.shuffle(r, s, 1, 3)
  p = i32x4.shuffle(a1, b1, 0, 4, 1, 5)
  q = i32x4.shuffle(c1, d1, 0, 4, 1, 5)
  r = i32x4.shuffle(a1, b1, 2, 6, 3, 7)
  s = i32x4.shuffle(c1, d1, 2, 6, 3, 7)
  a1 = i64x2.shuffle(p, q, 0, 2)
  b1 = i64x2.shuffle(p, q, 1, 3)
  c1 = i64x2.shuffle(r, s, 0, 2)
  d1 = i64x2.shuffle(r, s, 1, 3)
  for (let key = SCHEDULE; key < SCHEDULE + 128; key += 4) {
    const k = v128.load32_splat(key)
    const t0 = v128.xor(a0, transform(v128.xor(v128.xor(b0, c0), v128.xor(d0, k))))
    const t1 = v128.xor(a1, transform(v128.xor(v128.xor(b1, c1), v128.xor(d1, k))))
    a0 = b0
    b0 = c0
    c0 = d0
    d0 = t0
    a1 = b1
    b1 = c1
    c1 = d1
    d1 = t1
  }
  // The output is the words in reverse order (GB/T 32907, 7.2).
  p = i32x4.shuffle(d0, c0, 0, 4, 1, 5)
  q = i32x4.shuffle(b0, a0, 0, 4, 1, 5)
  r = i32x4.shuffle(d0, c0, 2, 6, 3, 7)
  s = i32x4.shuffle(b0, a0, 2, 6, 3, 7)
  v128.store(at, reverseWords(i64x2.shuffle(p, q, 0, 2)))
  v128.store(at, reverseWords(i64x2.shuffle(p, q, 1, 3)), 16)
  v128.store(at, reverseWords(i64x2.shuffle(r, s, 0, 2)), 32)
  v128.store(at, reverseWords(i64x2.shuffle(r, s, 1, 3)), 48)
  p = i32x4.shuffle(d1, c1, 0, 4, 1, 5)
  q = i32x4.shuffle(b1, a1, 0, 4, 1, 5)
  r = i32x4.shuffle(d1, c1, 2, 6, 3, 7)
  s = i32x4.shuffle(b1, a1, 2, 6, 3, 7)
  v128.store(at, reverseWords(i64x2.shuffle(p, q, 0, 2)), 64)
  v128.store(at, reverseWords(i64x2.shuffle(p, q, 1, 3)), 80)
  v128.store(at, reverseWords(i64x2.shuffle(r, s, 0, 2)), 96)
  v128.store(at, reverseWords(i64x2.shuffle(r, s, 1, 3)), 112)
}

/** Encrypts `blocks` blocks at DATA in place; up to seven blocks behind them are overwritten. */
export function sm4Blocks(blocks: i32): void {
  for (let i = 0; i < blocks; i += 8) encryptEight(DATA + 16 * i)
}

// One block whose four words are held in lane 0; `at` is read and written.
function encryptOne(at: i32): void {
  let a = i32x4.splat(bswap<u32>(load<u32>(at)))
  let b = i32x4.splat(bswap<u32>(load<u32>(at, 4)))
  let c = i32x4.splat(bswap<u32>(load<u32>(at, 8)))
  let d = i32x4.splat(bswap<u32>(load<u32>(at, 12)))
  for (let key = SCHEDULE; key < SCHEDULE + 128; key += 4) {
    const t = v128.xor(a, transform(v128.xor(v128.xor(b, c), v128.xor(d, v128.load32_splat(key)))))
    a = b
    b = c
    c = d
    d = t
  }
  store<u32>(at, bswap<u32>(i32x4.extract_lane(d, 0)))
  store<u32>(at, bswap<u32>(i32x4.extract_lane(c, 0)), 4)
  store<u32>(at, bswap<u32>(i32x4.extract_lane(b, 0)), 8)
  store<u32>(at, bswap<u32>(i32x4.extract_lane(a, 0)), 12)
}

/** CBC over `blocks` blocks at DATA in place, chained through COUNTER. */
export function sm4CbcBlocks(blocks: i32): void {
  for (let i = 0; i < blocks; i++) {
    const at = DATA + 16 * i
    v128.store(at, v128.xor(v128.load(at), v128.load(COUNTER)))
    encryptOne(at)
    v128.store(COUNTER, v128.load(at))
  }
}

/** Adds the key stream to `length` bytes at DATA; COUNTER (128 bits, big-endian) moves on. */
export function sm4Counter(length: i32): void {
  let high = bswap<u64>(load<u64>(COUNTER))
  let low = bswap<u64>(load<u64>(COUNTER, 8))
  for (let at = DATA; at < DATA + length; at += 128) {
    for (let i = STREAM; i < STREAM + 128; i += 16) {
      store<u64>(i, bswap<u64>(high))
      store<u64>(i, bswap<u64>(low), 8)
      low++
      if (low === 0) high++
    }
    encryptEight(STREAM)
    for (let i = 0; i < 128; i += 16) v128.store(at + i, v128.xor(v128.load(at + i), v128.load(STREAM + i)))
  }
  store<u64>(COUNTER, bswap<u64>(high))
  store<u64>(COUNTER, bswap<u64>(low), 8)
}

// Low 64 bits of a carry-less product, from integer products of numbers with holes (no carry crosses a hole).
// inline
function carryless(x: u64, y: u64): u64 {
  const x0 = x & 0x1111111111111111
  const x1 = x & 0x2222222222222222
  const x2 = x & 0x4444444444444444
  const x3 = x & 0x8888888888888888
  const y0 = y & 0x1111111111111111
  const y1 = y & 0x2222222222222222
  const y2 = y & 0x4444444444444444
  const y3 = y & 0x8888888888888888
  const z0 = (x0 * y0) ^ (x1 * y3) ^ (x2 * y2) ^ (x3 * y1)
  const z1 = (x0 * y1) ^ (x1 * y0) ^ (x2 * y3) ^ (x3 * y2)
  const z2 = (x0 * y2) ^ (x1 * y1) ^ (x2 * y0) ^ (x3 * y3)
  const z3 = (x0 * y3) ^ (x1 * y2) ^ (x2 * y1) ^ (x3 * y0)
  return (
    (z0 & 0x1111111111111111) |
    (z1 & 0x2222222222222222) |
    (z2 & 0x4444444444444444) |
    (z3 & 0x8888888888888888)
  )
}

// inline
function reverseBits(value: u64): u64 {
  let x = value
  x = ((x & 0x5555555555555555) << 1) | ((x >> 1) & 0x5555555555555555)
  x = ((x & 0x3333333333333333) << 2) | ((x >> 2) & 0x3333333333333333)
  x = ((x & 0x0f0f0f0f0f0f0f0f) << 4) | ((x >> 4) & 0x0f0f0f0f0f0f0f0f)
  return bswap<u64>(x)
}

/** Continues GHASH over `blocks` blocks at DATA (NIST SP 800-38D, 6.4). */
export function ghash(blocks: i32): void {
  const h1 = bswap<u64>(load<u64>(HASH_KEY))
  const h0 = bswap<u64>(load<u64>(HASH_KEY, 8))
  const h2 = h0 ^ h1
  const h0r = reverseBits(h0)
  const h1r = reverseBits(h1)
  const h2r = h0r ^ h1r
  let y1 = bswap<u64>(load<u64>(GHASH_STATE))
  let y0 = bswap<u64>(load<u64>(GHASH_STATE, 8))
  for (let at = DATA; at < DATA + 16 * blocks; at += 16) {
    y1 ^= bswap<u64>(load<u64>(at))
    y0 ^= bswap<u64>(load<u64>(at, 8))
    const y0r = reverseBits(y0)
    const y1r = reverseBits(y1)
    const z0 = carryless(y0, h0)
    const z1 = carryless(y1, h1)
    const z2 = carryless(y0 ^ y1, h2) ^ z0 ^ z1
    let z0h = carryless(y0r, h0r)
    let z1h = carryless(y1r, h1r)
    let z2h = carryless(y0r ^ y1r, h2r) ^ z0h ^ z1h
    z0h = reverseBits(z0h) >> 1
    z1h = reverseBits(z1h) >> 1
    z2h = reverseBits(z2h) >> 1
    let v0 = z0
    let v1 = z0h ^ z2
    let v2 = z1 ^ z2h
    let v3 = z1h
    v3 = (v3 << 1) | (v2 >> 63)
    v2 = (v2 << 1) | (v1 >> 63)
    v1 = (v1 << 1) | (v0 >> 63)
    v0 <<= 1
    v2 ^= v0 ^ (v0 >> 1) ^ (v0 >> 2) ^ (v0 >> 7)
    v1 ^= (v0 << 63) ^ (v0 << 62) ^ (v0 << 57)
    v3 ^= v1 ^ (v1 >> 1) ^ (v1 >> 2) ^ (v1 >> 7)
    v2 ^= (v1 << 63) ^ (v1 << 62) ^ (v1 << 57)
    y0 = v2
    y1 = v3
  }
  store<u64>(GHASH_STATE, bswap<u64>(y1))
  store<u64>(GHASH_STATE, bswap<u64>(y0), 8)
}

/** Erases keys, states and the first `length` bytes of data. */
export function wipeData(length: i32): void {
  memory.fill(HASH, 0, WIPED_END - HASH)
  memory.fill(DATA, 0, length)
}
