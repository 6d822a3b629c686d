// Writes the SM4 S-box for the JavaScript engine as a circuit of AND and XOR on bit planes: eight words are transposed so
// that plane p holds bit p of all their 32 bytes, and all 32 substitutions are computed at once, without a table.
import { field } from './sm4-tables.mjs'

const { linear, times, split, fromNibble, nibble, zeta, conjugate, inverse } = field
const bits = (value, width) => Array.from({ length: width }, (_, i) => (value >> i) & 1)
const xor = (terms) => (terms.length === 0 ? '0' : terms.join(' ^ '))

// Outputs of a linear map given by its values on single bits, plus a constant.
function linearMap(inputs, width, map, constant) {
  const columns = inputs.map((_, i) => bits(map(1 << i), width))
  return Array.from({ length: width }, (_, k) => {
    const sum = xor(inputs.filter((_, i) => columns[i][k] === 1))
    return (constant >> k) & 1 ? `~(${sum})` : sum
  })
}

const element = (n) => fromNibble[n]
const product16 = (a, b) => nibble(times(element(a), element(b)))

function multiply16(name, a, b) {
  const lines = []
  const terms = [[], [], [], []]
  for (let i = 0; i < 4; i++) {
    for (let j = 0; j < 4; j++) {
      lines.push(`const ${name}p${i}${j} = ${a}${i} & ${b}${j}`)
      for (const [k, bit] of bits(product16(1 << i, 1 << j), 4).entries())
        if (bit) terms[k].push(`${name}p${i}${j}`)
    }
  }
  return [...lines, ...terms.map((list, k) => `const ${name}${k} = ${xor(list)}`)]
}

// The inverse in GF(2⁴) by its algebraic normal form, of degree three.
function invert16(name, a) {
  const values = Array.from({ length: 16 }, (_, n) => (n === 0 ? 0 : nibble(inverse(element(n)))))
  for (let i = 1; i < 16; i <<= 1) for (let n = 0; n < 16; n++) if (n & i) values[n] ^= values[n ^ i]
  const monomial = (n) =>
    bits(n, 4)
      .flatMap((bit, i) => (bit ? [`${a}${i}`] : []))
      .join(' & ')
  const lines = []
  const names = Array.from({ length: 16 }, (_, n) => {
    if (n === 0 || (n & (n - 1)) === 0) return monomial(n)
    if (values[n] !== 0) lines.push(`const ${name}m${n} = ${monomial(n)}`)
    return `${name}m${n}`
  })
  const used = (k) => names.filter((_, n) => n > 0 && (values[n] >> k) & 1)
  return [...lines, ...[0, 1, 2, 3].map((k) => `const ${name}${k} = ${xor(used(k))}`)]
}

function transpose() {
  const lines = []
  for (const [by, mask] of [
    [1, '0x55555555'],
    [2, '0x33333333'],
    [4, '0x0f0f0f0f'],
  ]) {
    for (let i = 0; i < 8; i++) {
      if (i & by) continue
      lines.push(`t = ((w${i} >>> ${by}) ^ w${i + by}) & ${mask}`, `w${i + by} ^= t`, `w${i} ^= t << ${by}`)
    }
  }
  return lines
}

/** TypeScript source of `substituteEight(words)`: the S-box on the 32 bytes of eight words, in place. */
export function sm4Circuit() {
  const planes = Array.from({ length: 8 }, (_, i) => `w${i}`)
  const input = linearMap(planes, 8, (bit) => split(linear(bit)), split(0xd3))
  const outputs = ['v0', 'v1', 'v2', 'v3', 'u0', 'u1', 'u2', 'u3']
  const backward = (bit) => linear(bit < 16 ? times(element(bit), zeta) : times(element(bit >> 4), conjugate))
  const norm = times(zeta, conjugate)
  const squared = (n) => nibble(times(norm, times(element(n), element(n))))
  const lines = [
    ...planes.map((name, i) => `let ${name} = words[${i}]!`),
    'let t = 0',
    ...transpose(),
    ...input.map((sum, k) => `const ${k < 4 ? `k${k}` : `i${k - 4}`} = ${sum}`),
    ...[0, 1, 2, 3].map((k) => `const j${k} = i${k} ^ k${k}`),
    ...multiply16('f', 'i', 'j'),
    ...linearMap(['k0', 'k1', 'k2', 'k3'], 4, squared, 0).map((sum, k) => `const n${k} = f${k} ^ ${sum}`),
    ...invert16('r', 'n'),
    ...multiply16('u', 'i', 'r'),
    ...multiply16('v', 'j', 'r'),
    ...linearMap(outputs, 8, backward, 0xd3).map((sum, k) => `w${k} = ${sum}`),
    ...transpose(),
    ...planes.map((name, i) => `words[${i}] = ${name}`),
  ]
  return `/** The S-box on the 32 bytes of eight words, in place; no address and no branch depends on them. */
export function substituteEight(words: Int32Array): void {\n${lines.map((line) => `  ${line}`).join('\n')}\n}\n`
}
