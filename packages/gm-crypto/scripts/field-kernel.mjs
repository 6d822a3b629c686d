// Writes the unrolled field arithmetic of both engines from one description, so that their only difference is the size of
// a limb and how a carry is taken: 9 limbs of 29 bits in 64-bit integers for WebAssembly, 12 limbs of 22 bits in doubles
// for JavaScript. The bounds that make every intermediate value exact are argued in docs/explanation/sm2-engine.md.

const n = 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n

/** p = 2²⁵⁶ − 2²²⁴ − 2⁹⁶ + 2⁶⁴ − 1, so that adding m·p is four shifted additions and the quotient m needs no product. */
const pTerms = [
  [64, '+'],
  [96, '-'],
  [224, '-'],
  [256, '+'],
]

export const wasmTarget = {
  limbs: 9,
  bits: 29,
  load: (pointer, i) => `load<i64>(${pointer}, ${8 * i})`,
  store: (pointer, i, value) => `store<i64>(${pointer}, ${value}, ${8 * i})`,
  carry: (value) => `${value} >> 29`,
  low: (value) => `${value} & 0x1fffffff`,
  shift: (value, by) => (by === 0 ? value : `(${value} << ${by})`),
  lowProduct: (value, factor) => `((${value} & 0x1fffffff) * ${factor}) & 0x1fffffff`,
  type: 'i64',
  paired: true,
}

export const jsTarget = {
  limbs: 12,
  bits: 22,
  load: (pointer, i) => `F[${pointer} + ${i}]!`,
  store: (pointer, i, value) => `F[${pointer} + ${i}] = ${value}`,
  // The floor of value · 2⁻²², by rounding to the nearest integer instead of Math.floor, which was measured to branch:
  // less than half is taken off exactly (0.5 − 2⁻²³), and adding 1.5 · 2⁵² leaves no room for a fraction.
  carry: (value) =>
    `${value} * 2.384185791015625e-7 - 0.49999988079071045 + 6755399441055744 - 6755399441055744`,
  low: (value, carry) => `${value} - ${carry} * 4194304`,
  shift: (value, by) => (by === 0 ? value : `${value} * ${2 ** by}`),
  lowProduct: undefined,
  type: 'number',
  paired: false,
}

function limbsOf(value, { limbs, bits }) {
  return Array.from({ length: limbs }, (_, i) => (value >> BigInt(i * bits)) & ((1n << BigInt(bits)) - 1n))
}

function columnProducts(column, limbs) {
  const terms = []
  for (let i = 0; i < limbs; i++)
    if (column - i >= 0 && column - i < limbs) terms.push(`a${i} * b${column - i}`)
  return terms.join(' + ')
}

// a² with every mixed product taken once, doubled through d = 2a.
function columnSquares(column, limbs) {
  const terms = []
  for (let i = 0; 2 * i <= column; i++) {
    const j = column - i
    if (j < limbs) terms.push(i === j ? `a${i} * a${i}` : `d${i} * a${j}`)
  }
  return terms.join(' + ')
}

// What the quotients m add to a column. For 29-bit limbs and products (not squares, where it was measured to be slower:
// one more step on the critical path) the four terms of p come in two pairs of equal distance, so that
// u = mⱼ − 8mⱼ₋₁ serves both: bits 64 and 96 are limb 2 shifted by 6 and limb 3 by 9, bits 256 and 224 limb 8 by 24 and
// limb 7 by 21.
function reductionTermsP(column, { limbs, bits, shift, paired }) {
  let text = ''
  if (paired) {
    if (column >= 7 && column - 7 <= limbs) text += ` - ${shift(`u${column - 7}`, 21)}`
    if (column >= 2 && column - 2 <= limbs) text += ` + ${shift(`u${column - 2}`, 6)}`
    return text
  }
  for (const [exponent, sign] of pTerms.toReversed()) {
    const m = column - Math.floor(exponent / bits)
    if (m >= 0 && m < limbs) text += ` ${sign} ${shift(`m${m}`, exponent % bits)}`
  }
  return text
}

function reductionTermsN(column, { limbs }, modulus) {
  let text = ''
  for (let m = 0; m < limbs; m++) {
    const k = column - m
    if (k >= 1 && k < limbs) text += ` + m${m} * ${modulus[k]}`
  }
  return text
}

/** One Montgomery product: `products` names the terms of a column, `modulus` is 'p' or 'n'. */
function body(target, products, modulus, store = (i, value) => target.store('o', i, value)) {
  const { limbs, bits, carry, low } = target
  const paired = target.paired && products === columnProducts
  const lines = []
  const nLimbs = limbsOf(n, target)
  const base = 1n << BigInt(bits)
  let inverse = 1n
  for (let i = 0; i < 6; i++) inverse = (inverse * (2n - n * inverse)) & (base - 1n)
  const factor = base - inverse
  for (let column = 0; column < 2 * limbs - 1; column++) {
    const reduction =
      modulus === 'p'
        ? reductionTermsP(column, { ...target, paired })
        : reductionTermsN(column, target, nLimbs)
    // The carry comes last: it is on the critical path, the products before it are not.
    const sum = `${products(column, limbs)}${reduction}${column > 0 ? ' + c' : ''}`
    lines.push(`${column > 0 ? '' : 'let '}t = ${sum}`)
    const name = column < limbs ? `const m${column}` : ''
    if (column < limbs && modulus === 'n') {
      if (target.lowProduct) lines.push(`${name} = ${target.lowProduct('t', factor)}`)
      else {
        lines.push(`${column > 0 ? '' : 'let '}q = (t - (${carry('t')}) * ${base}) * ${factor}`)
        lines.push(`${name} = q - (${carry('q')}) * ${base}`)
      }
      lines.push(`t += m${column} * ${nLimbs[0]}`)
    }
    lines.push(`${column > 0 ? '' : 'let '}c = ${carry('t')}`)
    if (column < limbs && modulus === 'p') {
      lines.push(`${name} = ${low('t', 'c')}`)
      if (paired) lines.push(`const u${column} = m${column}${column > 0 ? ` - (m${column - 1} << 3)` : ''}`)
    }
    if (column === limbs && modulus === 'p' && paired)
      lines.splice(-1, 0, `const u${limbs} = -(m${limbs - 1} << 3)`)
    if (column >= limbs) lines.push(store(column - limbs, low('t', 'c')))
  }
  lines.push(store(limbs - 1, 'c'))
  return lines
}

function loads(target, names) {
  return names.flatMap((name) =>
    Array.from({ length: target.limbs }, (_, i) => `const ${name}${i} = ${target.load(name, i)}`),
  )
}

function fn(name, parameters, lines, pointer) {
  const list = parameters.map((parameter) => `${parameter}: ${pointer}`).join(', ')
  return `export function ${name}(${list}): void {\n${lines.map((line) => `  ${line}`).join('\n')}\n}\n`
}

// Squarings in a row keep the element in local variables.
function squareTimes(target, pointer) {
  const indexes = Array.from({ length: target.limbs }, (_, i) => i)
  const lines = indexes.map((i) => `let a${i} = ${target.load('a', i)}`)
  lines.push(
    'for (let k = 0; k < count; k++) {',
    ...indexes.slice(0, -1).map((i) => `const d${i} = a${i} * 2`),
  )
  lines.push(...body(target, columnSquares, 'p', (i, value) => `a${i} = ${value}`), '}')
  lines.push(...indexes.map((i) => target.store('o', i, `a${i}`)))
  return fn('squareTimes', ['o', 'a', 'count'], lines, pointer)
}

/** The kernel's functions as source text: mul, square (mod p), multiplyN (mod n) and linear (a·ca + b·cb, carried). */
export function kernel(target, pointer) {
  const doubled = Array.from({ length: target.limbs - 1 }, (_, i) => `const d${i} = a${i} * 2`)
  const linear = []
  for (let i = 0; i < target.limbs; i++) {
    const sum = `${target.load('a', i)} * ca + ${target.load('b', i)} * cb${i > 0 ? ' + c' : ''}`
    if (i === target.limbs - 1) linear.push(target.store('o', i, sum))
    else {
      linear.push(`${i > 0 ? '' : 'let '}t = ${sum}`, `${i > 0 ? '' : 'let '}c = ${target.carry('t')}`)
      linear.push(target.store('o', i, target.low('t', 'c')))
    }
  }
  const linearParameters = `o: ${pointer}, a: ${pointer}, ca: ${target.type}, b: ${pointer}, cb: ${target.type}`
  return [
    '/** o = a·b/R mod p. */',
    fn(
      'multiply',
      ['o', 'a', 'b'],
      [...loads(target, ['a', 'b']), ...body(target, columnProducts, 'p')],
      pointer,
    ),
    '/** o = a²/R mod p. */',
    fn(
      'square',
      ['o', 'a'],
      [...loads(target, ['a']), ...doubled, ...body(target, columnSquares, 'p')],
      pointer,
    ),
    '/** o = a^(2^count), in Montgomery form throughout. */',
    squareTimes(target, pointer),
    '/** o = a·b/R mod n. */',
    fn(
      'multiplyN',
      ['o', 'a', 'b'],
      [...loads(target, ['a', 'b']), ...body(target, columnProducts, 'n')],
      pointer,
    ),
    '/** o = ca·a + cb·b with all carries taken. */',
    `export function linear(${linearParameters}): void {\n${linear.map((line) => `  ${line}`).join('\n')}\n}\n`,
  ].join('\n')
}

const p = 2n ** 256n - 2n ** 224n - 2n ** 96n + 2n ** 64n - 1n
const b = 0x28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93n
const gx = 0x32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7n
const gy = 0xbc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0n

/** A function that writes the constants of both moduli in the target's limbs; the order is that of assembly/slots.ts. */
export function constants(target, pointer) {
  const r = 1n << BigInt(target.limbs * target.bits)
  const values = [(r * r) % p, (r * r) % n, r % p, 1n, (b * r) % p, (gx * r) % p, (gy * r) % p, p, n]
  const lines = values.flatMap((value, k) =>
    limbsOf(value, target).map((limb, i) => target.store(k === 0 ? 'at' : `at + ${k} * stride`, i, limb)),
  )
  return `/** Writes the nine constants from \`at\` on, \`stride\` apart. */\n${fn('writeConstants', ['at', 'stride'], lines, pointer)}`
}
