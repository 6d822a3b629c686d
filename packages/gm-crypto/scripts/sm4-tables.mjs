// Derives the sixteen-entry tables with which the SM4 S-box is computed by vector permutes, without any table look-up
// whose address depends on data. The S-box is an inversion in GF(2⁸) between two affine maps. Elements are written as
// i·ζ + j·ζ̄ over GF(2⁴) with ζ + ζ̄ = 1; with k = i + j the inverse comes from five inversions in GF(2⁴) (the method of
// M. Hamburg, "Accelerating AES with Vector Permute Instructions", 2009, applied to SM4's field and affine maps).

function times(a, b) {
  let product = 0
  for (let x = a, y = b; y > 0; y >>= 1, x = (x << 1) ^ (x & 0x80 ? 0x1f5 : 0)) if (y & 1) product ^= x
  return product & 0xff
}

function power(a, exponent) {
  let result = 1
  for (let i = 0; i < exponent; i++) result = times(result, a)
  return result
}

const inverse = (a) => power(a, 254)

// The linear part of both affine maps of the S-box; the constant is 0xd3.
function linear(value) {
  let out = 0
  for (let i = 0; i < 8; i++) {
    let bit = 0
    const row = ((0xa7a7 << i) >> 8) & 0xff
    for (let j = 0; j < 8; j++) bit ^= ((row & value) >> j) & 1
    out |= bit << i
  }
  return out
}

export const sbox = Array.from({ length: 256 }, (_, x) => linear(inverse(linear(x) ^ 0xd3)) ^ 0xd3)

const all = Array.from({ length: 256 }, (_, x) => x)
const subfield = all.filter((x) => power(x, 16) === x)
const zeta = all.find((x) => (x ^ power(x, 16)) === 1)
const conjugate = power(zeta, 16)
const a = inverse(times(zeta, conjugate))

// A basis of GF(2⁴) over GF(2), to write its elements as nibbles.
const basis = []
const spanned = new Set([0])
for (const x of subfield) {
  if (spanned.has(x)) continue
  basis.push(x)
  for (const y of Array.from(spanned)) spanned.add(x ^ y)
}
const fromNibble = Array.from({ length: 16 }, (_, n) =>
  basis.reduce((sum, x, i) => sum ^ ((n >> i) & 1 ? x : 0), 0),
)
const toNibble = new Map(fromNibble.map((x, n) => [x, n]))
const nibble = (x) => toNibble.get(x)
const infinity = 0x80

function split(byte) {
  const k = byte ^ power(byte, 16)
  const i = byte ^ times(k, conjugate)
  return (nibble(i) << 4) | nibble(k)
}

// u = 1/io and v = 1/jo give i/N = ((1+a)u + v)/a and j/N = (u + (1+a)v)/a; the inverse is (j·ζ + i·ζ̄)/N.
function join(u, v) {
  const i = times(inverse(a), times(1 ^ a, u) ^ v)
  const j = times(inverse(a), u ^ times(1 ^ a, v))
  return linear(times(j, zeta) ^ times(i, conjugate))
}

const nibbles = Array.from({ length: 16 }, (_, n) => n)
const invertNibble = (n) => (n === 0 ? infinity : nibble(inverse(fromNibble[n])))
export const tables = {
  inLow: nibbles.map((n) => split(linear(n) ^ 0xd3)),
  inHigh: nibbles.map((n) => split(linear(n << 4))),
  inverse: nibbles.map(invertNibble),
  aOverK: nibbles.map((n) => (n === 0 ? infinity : nibble(times(a, inverse(fromNibble[n]))))),
  out1: nibbles.map((n) => (n === 0 ? 0 : join(inverse(fromNibble[n]), 0))),
  out2: nibbles.map((n) => (n === 0 ? 0 : join(0, inverse(fromNibble[n])))),
}

/** What the circuit of the JavaScript engine is made from. */
export const field = { linear, times, split, fromNibble, nibble, zeta, conjugate, inverse }

function check() {
  const at = (table, index) => (index > 15 ? 0 : table[index])
  for (const x of all) {
    const y = tables.inLow[x & 15] ^ tables.inHigh[x >> 4]
    const [i, k] = [y >> 4, y & 15]
    const ak = tables.aOverK[k]
    const io = at(tables.inverse, tables.inverse[i] ^ ak) ^ i ^ k
    const jo = at(tables.inverse, tables.inverse[i ^ k] ^ ak) ^ i
    const out = at(tables.out1, io) ^ at(tables.out2, jo) ^ 0xd3
    if (out !== sbox[x]) throw new Error(`the S-box tables are wrong at ${x}`)
  }
}
check()

/** AssemblyScript source of `substitute(x)`: the S-box on sixteen bytes at once. */
export function sm4Kernel() {
  const vector = (values) => `i8x16(${values.map((value) => (value > 127 ? value - 256 : value)).join(', ')})`
  const constants = Object.entries(tables).map(([name, values]) => `  const ${name} = ${vector(values)}`)
  return `/** The S-box on sixteen bytes; no address depends on them. */
// @ts-ignore: decorator
@inline
export function substitute(x: v128): v128 {
${constants.join('\n')}
  const mask = i8x16.splat(15)
  const y = v128.xor(
    i8x16.swizzle(inLow, v128.and(x, mask)),
    i8x16.swizzle(inHigh, v128.and(i16x8.shr_u(x, 4), mask)),
  )
  const k = v128.and(y, mask)
  const i = v128.and(i16x8.shr_u(y, 4), mask)
  const j = v128.xor(i, k)
  const ak = i8x16.swizzle(aOverK, k)
  const io = v128.xor(i8x16.swizzle(inverse, v128.xor(i8x16.swizzle(inverse, i), ak)), j)
  const jo = v128.xor(i8x16.swizzle(inverse, v128.xor(i8x16.swizzle(inverse, j), ak)), i)
  return v128.xor(v128.xor(i8x16.swizzle(out1, io), i8x16.swizzle(out2, jo)), i8x16.splat(-45))
}
`
}
