/* oxlint-disable typescript/no-non-null-assertion -- every index is a loop counter below a constant length */

// SHA-256 (FIPS 180-4) and PBKDF2 over it, only to read and write private keys that other software protects so. Not part
// of the public face: the project's hash is SM3.

const primes = Array.from({ length: 312 }, (_, i) => i).filter((n) => n > 1 && !hasDivisor(n))

function hasDivisor(n: number): boolean {
  for (let d = 2; d * d <= n; d++) if (n % d === 0) return true
  return false
}

// The first 32 bits of the fractional part of a root (FIPS 180-4, 4.2.2 and 5.3.3): exact in a double.
function fraction(value: number): number {
  return Math.floor((value - Math.floor(value)) * 2 ** 32) | 0
}

const constants = Int32Array.from(primes.slice(0, 64), (p) => fraction(Math.cbrt(p)))
const initial = Int32Array.from(primes.slice(0, 8), (p) => fraction(Math.sqrt(p)))
const schedule = new Int32Array(64)

function rotate(x: number, by: number): number {
  return (x >>> by) | (x << (32 - by))
}

function compress(state: Int32Array, block: Uint8Array): void {
  const w = schedule
  const view = new DataView(block.buffer, block.byteOffset, 64)
  for (let i = 0; i < 16; i++) w[i] = view.getInt32(4 * i)
  for (let i = 16; i < 64; i++) {
    const [x, y] = [w[i - 15]!, w[i - 2]!]
    const low = rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3)
    const high = rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10)
    w[i] = (w[i - 16]! + low + w[i - 7]! + high) | 0
  }
  let [a, b, c, d] = [state[0]!, state[1]!, state[2]!, state[3]!]
  let [e, f, g, h] = [state[4]!, state[5]!, state[6]!, state[7]!]
  for (let i = 0; i < 64; i++) {
    const upper = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
    const first = (h + upper + ((e & f) ^ (~e & g)) + constants[i]! + w[i]!) | 0
    const lower = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
    const second = (lower + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + first) | 0
    d = c
    c = b
    b = a
    a = (first + second) | 0
  }
  const added = [a, b, c, d, e, f, g, h]
  for (let i = 0; i < 8; i++) state[i] = state[i]! + added[i]!
}

function finish(state: Int32Array, data: Uint8Array, before: number): Uint8Array {
  const padded = new Uint8Array(Math.ceil((data.length + 9) / 64) * 64)
  padded.set(data)
  padded[data.length] = 0x80
  new DataView(padded.buffer).setUint32(padded.length - 4, (before + data.length) * 8)
  for (let at = 0; at < padded.length; at += 64) compress(state, padded.subarray(at, at + 64))
  const out = new Uint8Array(32)
  const view = new DataView(out.buffer)
  for (let i = 0; i < 8; i++) view.setInt32(4 * i, state[i]!)
  return out
}

/** SHA-256 of `data` (below 512 MiB). */
export function sha256(data: Uint8Array): Uint8Array {
  return finish(Int32Array.from(initial), data, 0)
}

function padState(key: Uint8Array, value: number): Int32Array {
  const block = new Uint8Array(64).fill(value)
  for (let i = 0; i < key.length; i++) block[i] = block[i]! ^ key[i]!
  const state = Int32Array.from(initial)
  compress(state, block)
  block.fill(0)
  return state
}

/** PBKDF2 with HMAC-SHA-256 (RFC 8018, 5.2). */
export function pbkdf2Sha256(
  password: Uint8Array,
  salt: Uint8Array,
  iterations: number,
  length: number,
): Uint8Array {
  const key = password.length > 64 ? sha256(password) : password
  const [inner, outer] = [padState(key, 0x36), padState(key, 0x5c)]
  const mac = (data: Uint8Array): Uint8Array =>
    finish(Int32Array.from(outer), finish(Int32Array.from(inner), data, 64), 64)
  const out = new Uint8Array(length)
  for (let at = 0, block = 1; at < length; at += 32, block++) {
    const first = new Uint8Array(salt.length + 4)
    first.set(salt)
    new DataView(first.buffer).setUint32(salt.length, block)
    let round = mac(first)
    const sum = Uint8Array.from(round)
    for (let i = 1; i < iterations; i++) {
      round = mac(round)
      for (let j = 0; j < 32; j++) sum[j] = sum[j]! ^ round[j]!
    }
    out.set(sum.subarray(0, Math.min(32, length - at)), at)
  }
  inner.fill(0)
  outer.fill(0)
  return out
}
