/* oxlint-disable typescript/no-non-null-assertion -- every index is a loop counter below a constant length */
import { substituteEight } from './generated/sm4-circuit.ts'

// SM4 for eight blocks at a time. The S-box is a circuit on bit planes, not a table, so that no memory address depends on
// the key or the data; a single block costs as much as eight.

const rounds = 32
const group = 8

function rotate(x: number, by: number): number {
  return (x << by) | (x >>> (32 - by))
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
  const out = new Int32Array(rounds)
  const words = new Int32Array(group)
  const k = [
    word(key, 0) ^ 0xa3b1bac6,
    word(key, 4) ^ 0x56aa3350,
    word(key, 8) ^ 0x677d9197,
    word(key, 12) ^ 0xb27022dc,
  ]
  for (let i = 0; i < rounds; i++) {
    let constant = 0
    for (let j = 0; j < 4; j++) constant = (constant << 8) | ((28 * i + 7 * j) & 255)
    words[0] = k[1]! ^ k[2]! ^ k[3]! ^ constant
    substituteEight(words)
    const s = words[0]
    const next = k[0]! ^ s ^ rotate(s, 13) ^ rotate(s, 23)
    k.push(next)
    k.shift()
    out[i] = next
  }
  k.fill(0)
  words.fill(0)
  return out
}

// The words of eight blocks: word r of block b at 8·r + b.
const state = new Int32Array(4 * group)
const words = new Int32Array(group)

function encryptEight(schedule: Int32Array): void {
  for (let i = 0; i < rounds; i++) {
    const key = schedule[i]!
    const [x, y, z, w] = [
      (i & 3) * group,
      ((i + 1) & 3) * group,
      ((i + 2) & 3) * group,
      ((i + 3) & 3) * group,
    ]
    for (let b = 0; b < group; b++) words[b] = state[y + b]! ^ state[z + b]! ^ state[w + b]! ^ key
    substituteEight(words)
    for (let b = 0; b < group; b++) {
      const s = words[b]!
      state[x + b] = state[x + b]! ^ s ^ rotate(s, 2) ^ rotate(s, 10) ^ rotate(s, 18) ^ rotate(s, 24)
    }
  }
}

/** Encrypts whole blocks, each by itself (GB/T 32907, 7.2). `input` and `output` may be the same array. */
export function sm4BlocksJs(schedule: Int32Array, input: Uint8Array, output: Uint8Array): void {
  for (let at = 0; at < input.length; at += 16 * group) {
    const blocks = Math.min(group, (input.length - at) / 16)
    for (let b = 0; b < blocks; b++) {
      for (let r = 0; r < 4; r++) state[group * r + b] = word(input, at + 16 * b + 4 * r)
    }
    encryptEight(schedule)
    // The output is the words in reverse order.
    for (let b = 0; b < blocks; b++) {
      for (let r = 0; r < 4; r++) store(output, at + 16 * b + 4 * r, state[group * (3 - r) + b]!)
    }
  }
  state.fill(0)
  words.fill(0)
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
