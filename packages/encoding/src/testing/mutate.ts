import { concatBytes } from '../bytes.ts'

/** A small generator of reproducible numbers (mulberry32): a failing run is repeated from its seed. */
export function seededNumbers(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

type Mutation = (bytes: Uint8Array, random: (below: number) => number) => Uint8Array

const range = (bytes: Uint8Array, random: (below: number) => number): [number, number] => {
  const from = random(bytes.length)
  return [from, Math.min(bytes.length, from + 1 + random(24))]
}

/** Bytes that mean something in DER: tags, length forms, sign bits, booleans. */
const telling = [
  0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x1f, 0x30, 0x31, 0x7f, 0x80, 0x81, 0x82, 0x84, 0xa0, 0xa3, 0xff,
]

const mutations: readonly Mutation[] = [
  (bytes, random) => {
    const at = random(bytes.length)
    return bytes.with(at, (bytes[at] ?? 0) ^ (1 << random(8)))
  },
  (bytes, random) => bytes.with(random(bytes.length), telling[random(telling.length)] ?? 0),
  (bytes, random) => {
    const at = random(bytes.length)
    return bytes.with(at, (bytes[at] ?? 0) + (random(2) === 0 ? 1 : 255))
  },
  (bytes, random) => bytes.subarray(0, random(bytes.length)),
  (bytes, random) => {
    const [from, to] = range(bytes, random)
    return concatBytes(bytes.subarray(0, from), bytes.subarray(to))
  },
  (bytes, random) => {
    const [from, to] = range(bytes, random)
    return concatBytes(bytes.subarray(0, to), bytes.subarray(from))
  },
  (bytes, random) => {
    const at = random(bytes.length)
    return concatBytes(
      bytes.subarray(0, at),
      Uint8Array.of(telling[random(telling.length)] ?? 0),
      bytes.subarray(at),
    )
  },
  (bytes, random) => {
    const [from, to] = range(bytes, random)
    const target = random(bytes.length - (to - from) + 1)
    const copy = bytes.slice()
    copy.set(bytes.subarray(from, to), target)
    return copy
  },
]

/** One to four changes of a valid structure: most stay close enough to reach deep into the parser. */
export function mutate(bytes: Uint8Array, random: (below: number) => number): Uint8Array {
  let changed = bytes
  const count = 1 + random(4)
  for (let step = 0; step < count && changed.length > 0; step++) {
    changed = mutations[random(mutations.length)]?.(changed, random) ?? changed
  }
  return changed
}
