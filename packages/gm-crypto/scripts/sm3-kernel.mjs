// Writes SM3's compression function with all 64 rounds unrolled and the state renamed instead of moved. The message is
// expanded four words at a time in vectors: this leaves the sixteen general registers to the state, and the processor works
// on the words of the next rounds while those of this one are mixed.

function rotateLeft(value, by) {
  const amount = by % 32
  return amount === 0 ? value : `rotl<u32>(${value}, ${amount})`
}

const rotateVector = (value, by) => `v128.or(i32x4.shl(${value}, ${by}), i32x4.shr_u(${value}, ${32 - by}))`
const shuffle = (left, right, lanes) => `i32x4.shuffle(${left}, ${right}, ${lanes.join(', ')})`

/** The four words after those of `v0` to `v3` (GB/T 32905, 5.3.2), into `v0`. */
function expandFour([v0, v1, v2, v3]) {
  const lines = [
    // W[j−16] ⊕ W[j−9] ⊕ (W[j−3] ⋘ 15); for the fourth word W[j−3] is the first of these four and is added below.
    `t = ${shuffle(v3, 'zero', [1, 2, 3, 4])}`,
    `t = v128.xor(v128.xor(${v0}, ${shuffle(v1, v2, [3, 4, 5, 6])}), ${rotateVector('t', 15)})`,
    `r = ${shuffle(v0, v1, [3, 4, 5, 6])}`,
    `r = v128.xor(${rotateVector('r', 7)}, ${shuffle(v2, v3, [2, 3, 4, 5])})`,
    ...permute('t'),
    `${v0} = v128.xor(t, r)`,
    `t = ${shuffle('zero', v0, [1, 2, 3, 4])}`,
    `t = ${rotateVector('t', 15)}`,
    ...permute('t'),
    `${v0} = v128.xor(${v0}, t)`,
  ]
  return lines
}

/** P1(X) = X ⊕ (X ⋘ 15) ⊕ (X ⋘ 23); 23 is 15 and one byte more. */
function permute(name) {
  return [
    `u = ${rotateVector(name, 15)}`,
    `${name} = v128.xor(${name}, v128.xor(u, i8x16.swizzle(u, byteLeft)))`,
  ]
}

/** Four words W, then the four W′ = W[j] ⊕ W[j+4] of the same rounds. */
const place = (j) => 32 * (j >> 2) + 4 * (j & 3)

function round(j, [a, b, c, d, e, f, g, h]) {
  const t = j < 16 ? 0x79cc4519 : 0x7a879d8a
  const constant = ((t << (j % 32)) | (j % 32 === 0 ? 0 : t >>> (32 - (j % 32)))) >>> 0
  const ff = j < 16 ? `(${a} ^ ${b} ^ ${c})` : `((${a} & (${b} | ${c})) | (${b} & ${c}))`
  const gg = j < 16 ? `(${e} ^ ${f} ^ ${g})` : `(${g} ^ (${e} & (${f} ^ ${g})))`
  return [
    `y = ${rotateLeft(a, 12)}`,
    `s = ${rotateLeft(`y + ${constant} + ${e}`, 7)}`,
    `${d} = ${ff} + (${d} + load<u32>(words, ${place(j) + 16})) + (s ^ y)`,
    `x = ${gg} + (${h} + load<u32>(words, ${place(j)})) + s`,
    // P0(X) = X ⊕ (X ⋘ 9) ⊕ (X ⋘ 17); 17 is 9 and one byte more.
    `y = ${rotateLeft('x', 9)}`,
    `${h} = x ^ y ^ ${rotateLeft('y', 8)}`,
    `${b} = ${rotateLeft(b, 9)}`,
    `${f} = ${rotateLeft(f, 19)}`,
  ]
}

// A swizzle with a constant is one instruction; V8 builds the mask of a shuffle anew each time.
const masks = [
  'const swap = i8x16(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12)',
  'const byteLeft = i8x16(3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14)',
]

/**
 * AssemblyScript source of `compress(state, data, blocks, words)`: state as eight u32 words, data big-endian, 512 bytes of
 * room at `words`.
 */
export function sm3Kernel() {
  const names = [...'abcdefgh']
  const lines = ['const zero = i32x4.splat(0)', ...masks]
  for (const name of ['t', 'r', 'u', 'v0', 'v1', 'v2', 'v3']) lines.push(`let ${name} = zero`)
  for (const name of ['x', 'y', 's']) lines.push(`let ${name}: u32 = 0`)
  for (const [i, name] of names.entries()) lines.push(`let ${name} = load<u32>(state, ${4 * i})`)
  lines.push('for (let k = 0; k < blocks; k++) {')
  for (let i = 0; i < 4; i++)
    lines.push(`v${i} = v128.load(data, ${16 * i})`, `v${i} = i8x16.swizzle(v${i}, swap)`)
  let state = names
  let v = ['v0', 'v1', 'v2', 'v3']
  for (let group = 0; group < 16; group++) {
    // Before group 3 the next words are those of the block itself.
    const here = group < 3 ? v[group] : v[3]
    lines.push(`v128.store(words, ${here}, ${32 * group})`)
    if (group >= 3) {
      lines.push(...expandFour(v))
      v = [...v.slice(1), v[0]]
    }
    const next = group < 3 ? v[group + 1] : v[3]
    lines.push(`v128.store(words, v128.xor(${here}, ${next}), ${32 * group + 16})`)
    for (let j = 4 * group; j < 4 * group + 4; j++) {
      lines.push(...round(j, state))
      const [a, b, c, d, e, f, g, h] = state
      state = [d, a, b, c, h, e, f, g]
    }
  }
  for (const [i, name] of names.entries())
    lines.push(`${name} ^= load<u32>(state, ${4 * i})`, `store<u32>(state, ${name}, ${4 * i})`)
  lines.push('data += 64', '}')
  return `/** Takes whole 64-byte blocks into the state. */\nexport function compress(state: i32, data: i32, blocks: i32, words: i32): void {\n${lines.map((line) => `  ${line}`).join('\n')}\n}\n`
}
