// The field arithmetic of an engine on intervals: each element is a bound of its value and bounds of its limbs, so one run
// of a formula tells about all numbers at once. The columns are those of the kernel's own text (see field-kernel.mjs).
import { kernel } from './field-kernel.mjs'

export const p = 2n ** 256n - 2n ** 224n - 2n ** 96n + 2n ** 64n - 1n
const n = 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n

const abs = (value) => (value < 0n ? -value : value)
// Rounded upwards, so that few sizes are met and each need be followed through a kernel only once.
const size = ([low, high]) => (abs(low) > abs(high) ? abs(low) : abs(high)) | 0xfffn
const floorDiv = (a, b) => (a - (((a % b) + b) % b)) / b
const plus = (a, b) => [a[0] + b[0], a[1] + b[1]]
const negative = ([low, high]) => [-high, -low]
const hull = (a, b) => [a[0] < b[0] ? a[0] : b[0], a[1] > b[1] ? a[1] : b[1]]

function times(a, b) {
  const corners = a.flatMap((x) => b.map((y) => x * y))
  return corners.reduce((range, corner) => hull(range, [corner, corner]), [corners[0], corners[0]])
}

/** A sum of products and shifts as a list of terms, each a list of factors: names and numbers. Signs are dropped. */
function termsOf(sum) {
  return sum
    .replaceAll(/(?:load<i64>\(|F\[)(\w)(?:, | \+ )(\d+)[)\]]!?/g, (_, name, at) => `${name}_${at}`)
    .replaceAll(/<< (\d+)/g, (_, by) => `* ${2n ** BigInt(by)}`)
    .replaceAll(/[()]/g, '')
    .split(/[+-]/)
    .filter((term) => term.trim() !== '')
    .map((term) =>
      term.split('*').map((factor) => (/^\s*\d+\s*$/.test(factor) ? BigInt(factor) : factor.trim())),
    )
}

/** The lines of each kernel function that decide how large a column grows. */
function columnLines(target) {
  const lines = new Map()
  for (const text of kernel(target, 'i32').split('export function ').slice(1)) {
    const statements = text.matchAll(/^ *(?:let |const )?(t|c|u\d+) (\+?=) (.*)$/gm)
    const name = text.slice(0, text.indexOf('('))
    lines.set(
      name,
      [...statements].map(([, to, sign, sum]) => ({ to, sign, terms: to === 'c' ? [] : termsOf(sum) })),
    )
  }
  return lines
}

// The largest size of a sum whatever the signs of its terms; `sizes` knows those of the names in it.
function largest(terms, sizes) {
  let total = 0n
  for (const factors of terms) {
    let product = 1n
    for (const factor of factors) product *= typeof factor === 'bigint' ? factor : sizeOf(factor, sizes)
    total += product
  }
  return total
}

function sizeOf(name, sizes) {
  const known = sizes.get(name)
  if (known === undefined) throw new Error(`no size is known of ${name}`)
  return known
}

export class IntervalField {
  #target
  #radix
  #base
  #limit
  #lines
  #seen = new Set()
  #elements = new Map()
  /** Any coordinate of any table. */
  entry
  largestColumn = 0n

  constructor(target, limit) {
    this.#target = target
    this.#base = 1n << BigInt(target.bits)
    this.#radix = 1n << BigInt(target.bits * target.limbs)
    this.#limit = limit
    this.#lines = columnLines(target)
  }

  /** An element with a value in this range whose limbs but the highest are carried. */
  #tight(value) {
    const low = Array.from({ length: this.#target.limbs - 1 }, () => [0n, this.#base - 1n])
    const weight = this.#base ** BigInt(this.#target.limbs - 1)
    return { value, limbs: [...low, [floorDiv(value[0], weight), floorDiv(value[1], weight)]] }
  }

  get(at) {
    const element = this.#elements.get(at)
    if (element === undefined) throw new Error(`nothing was written to ${at}`)
    return element
  }

  put(at, element) {
    this.#elements.set(at, element)
  }

  /** An element that holds both, its value rounded outwards so that a repeated union comes to rest. */
  union(a, b) {
    const grain = 1n << 240n
    const [low, high] = hull(a.value, b.value)
    const { value, limbs } = this.#tight([floorDiv(low, grain) * grain, -floorDiv(-high, grain) * grain])
    return { value, limbs: limbs.map((limb, i) => hull(limb, hull(a.limbs[i], b.limbs[i]))) }
  }

  negated(element) {
    return this.#tight(negative(element.value))
  }

  #columns(name, known) {
    const key = `${name} ${known.join(' ')}`
    if (this.#seen.has(key)) return
    this.#seen.add(key)
    const sizes = new Map(known)
    for (let i = 0; i < this.#target.limbs; i++) sizes.set(`m${i}`, this.#base - 1n)
    for (const { to, sign, terms } of this.#lines.get(name)) {
      if (to === 'c') {
        sizes.set('c', sizes.get('t') / this.#base + 1n)
        continue
      }
      const total = largest(terms, sizes) + (sign === '+=' ? sizes.get(to) : 0n)
      sizes.set(to, total)
      if (total > this.largestColumn) this.largestColumn = total
      if (total >= this.#limit) throw new Error(`a column of ${name} may reach 2^${total.toString(2).length}`)
    }
  }

  #product(name, a, b, modulus) {
    const sizes = []
    for (let i = 0; i < this.#target.limbs; i++)
      sizes.push([`a${i}`, size(a.limbs[i])], [`d${i}`, 2n * size(a.limbs[i])], [`b${i}`, size(b.limbs[i])])
    this.#columns(name, sizes)
    const [low, high] = times(a.value, b.value)
    // (ab + m·modulus)/R with m in 0 … R−1 is a whole number, so the bounds may be rounded inwards.
    return this.#tight([
      -floorDiv(-low, this.#radix),
      floorDiv(high + (this.#radix - 1n) * modulus, this.#radix),
    ])
  }

  #linear(a, ca, b, cb) {
    const sizes = [
      ['ca', abs(ca)],
      ['cb', abs(cb)],
    ]
    const step = this.#target.type === 'i64' ? 8 : 1
    for (let i = 0; i < this.#target.limbs; i++)
      sizes.push([`a_${i * step}`, size(a.limbs[i])], [`b_${i * step}`, size(b.limbs[i])])
    this.#columns('linear', sizes)
    return this.#tight(plus(times(a.value, [ca, ca]), times(b.value, [cb, cb])))
  }

  #uncarried(a, b) {
    return { value: plus(a.value, b.value), limbs: a.limbs.map((limb, i) => plus(limb, b.limbs[i])) }
  }

  /** What assembly/field.ts exports, on intervals; `stride` is the distance of two elements. */
  primitives(stride) {
    const [get, put] = [(at) => this.get(at), (at, element) => this.put(at, element)]
    return {
      multiply: (o, a, b) => put(o, this.#product('multiply', get(a), get(b), p)),
      square: (o, a) => put(o, this.#product('square', get(a), get(a), p)),
      squareTimes: (o, a, count) => {
        put(o, get(a))
        for (let i = 0; i < count; i++) put(o, this.#product('squareTimes', get(o), get(o), p))
      },
      multiplyN: (o, a, b) => put(o, this.#product('multiplyN', get(a), get(b), n)),
      linear: (o, a, ca, ...[b, cb]) => put(o, this.#linear(get(a), BigInt(ca), get(b), BigInt(cb))),
      add: (o, a, b) => put(o, this.#uncarried(get(a), get(b))),
      subtract: (o, a, b) => {
        const { value, limbs } = get(b)
        put(o, this.#uncarried(get(a), { value: negative(value), limbs: limbs.map(negative) }))
      },
      negateIf: (o) => put(o, this.union(this.#linear(get(o), 1n, get(o), 0n), this.negated(get(o)))),
      copyElement: (o, a) => put(o, get(a)),
      maskedCopy: (o, a) => put(o, this.#elements.has(o) ? this.union(get(o), get(a)) : get(a)),
      writeConstants: (at) => {
        const below = [0n, p - 1n]
        const values = [below, [0n, n - 1n], below, [1n, 1n], below, below, below, [p, p], [n, n]]
        for (const [i, value] of values.entries()) put(at + i * stride, this.#tight(value))
      },
      wipeElements: (at, count) => {
        for (let i = 0; i < count; i++) put(at + i * stride, this.#tight([0n, 0n]))
      },
      ...this.#outside(),
    }
  }

  // Bytes are numbers: those of a constant, and zeros for any other element, as if each had been found to be zero.
  #outside() {
    const bytes = new Map()
    const load = (x, y) => {
      this.put(x, this.entry)
      this.put(y, this.entry)
    }
    return {
      loadBytes: (o) => this.put(o, this.#tight([0n, 2n ** 256n - 1n])),
      storeBytes: (at, a) => {
        const [low, high] = this.get(a).value
        if (low < 0n || high > p) throw new Error('a number to be written as bytes is not in 0 … p')
        const known = low === high ? low : 0n
        for (let i = 0; i < 32; i++) bytes.set(at + 31 - i, Number((known >> BigInt(8 * i)) & 255n))
      },
      storeEntry: (_, x, y) => {
        for (const element of [this.get(x), this.get(y)]) {
          if (element.limbs.some((limb) => size(limb) >= 2n ** 31n))
            throw new Error('a limb does not fit into a table')
          this.entry = this.union(element, this.entry ?? element)
        }
      },
      loadEntry: load,
      lookup: load,
      wipeBytes: (at, count) => {
        for (let i = 0; i < count; i++) bytes.set(at + i, 0)
      },
      getByte: (at) => bytes.get(at) ?? 0,
      setByte: (at, value) => bytes.set(at, value),
    }
  }
}
