/* oxlint-disable typescript/no-non-null-assertion -- every index is a loop counter below a constant length */
import { GmCryptoError } from '../errors.ts'

// AES-CBC (FIPS 197), only to read and write private keys that other software protects so. A private key is about 150
// bytes, so the S-box is computed instead of looked up: slow, but no address depends on key or data.

// Product in GF(2⁸) modulo x⁸ + x⁴ + x³ + x + 1, by masks instead of branches.
function multiply(a: number, b: number): number {
  let product = 0
  let x = a
  for (let i = 0; i < 8; i++) {
    product ^= x & -((b >> i) & 1)
    x = (x << 1) ^ (-(x >> 7) & 0x11b)
  }
  return product
}

// a²⁵⁴, the inverse, and 0 for 0.
function invert(a: number): number {
  const a2 = multiply(a, a)
  const a3 = multiply(a2, a)
  const a12 = square(square(a3))
  const a15 = multiply(a12, a3)
  const a240 = square(square(square(square(a15))))
  return multiply(a240, multiply(a12, a2))
}

function square(a: number): number {
  return multiply(a, a)
}

function rotate(a: number, by: number): number {
  return ((a << by) | (a >> (8 - by))) & 0xff
}

function substitute(a: number): number {
  const b = invert(a)
  return b ^ rotate(b, 1) ^ rotate(b, 2) ^ rotate(b, 3) ^ rotate(b, 4) ^ 0x63
}

function substituteInverse(a: number): number {
  return invert(rotate(a, 1) ^ rotate(a, 3) ^ rotate(a, 6) ^ 0x05)
}

// Round keys for a key of 16 or 32 bytes (FIPS 197, 5.2).
function expand(key: Uint8Array): Uint8Array {
  const words = key.length / 4
  const out = new Uint8Array(16 * (words + 7))
  out.set(key)
  for (let i = words, constant = 1; 4 * i < out.length; i++) {
    let word = Array.from(out.subarray(4 * i - 4, 4 * i))
    if (i % words === 0) {
      word = [word[1]!, word[2]!, word[3]!, word[0]!].map(substitute)
      word[0] = word[0]! ^ constant
      constant = multiply(constant, 2)
    } else if (words > 6 && i % words === 4) word = word.map(substitute)
    for (let j = 0; j < 4; j++) out[4 * i + j] = out[4 * (i - words) + j]! ^ word[j]!
  }
  return out
}

function addRoundKey(block: Uint8Array, keys: Uint8Array, round: number): void {
  for (let i = 0; i < 16; i++) block[i] = block[i]! ^ keys[16 * round + i]!
}

// Each column times the circulant matrix with this first row (FIPS 197, 5.1.3).
function mixColumns(block: Uint8Array, row: readonly number[]): void {
  const input = Uint8Array.from(block)
  for (let i = 0; i < 16; i++) {
    let sum = 0
    for (let j = 0; j < 4; j++) sum ^= multiply(row[(j - (i & 3) + 4) & 3]!, input[(i & 12) + j]!)
    block[i] = sum
  }
}

// `direction` 1 shifts as encryption does, −1 undoes it.
function shiftRows(block: Uint8Array, direction: 1 | -1): void {
  const input = Uint8Array.from(block)
  for (let i = 0; i < 16; i++) block[i] = input[(i + 4 * direction * (i & 3) + 16) & 15]!
}

function encryptBlock(block: Uint8Array, keys: Uint8Array): void {
  const last = keys.length / 16 - 1
  addRoundKey(block, keys, 0)
  for (let round = 1; round <= last; round++) {
    for (let i = 0; i < 16; i++) block[i] = substitute(block[i]!)
    shiftRows(block, 1)
    if (round < last) mixColumns(block, [2, 3, 1, 1])
    addRoundKey(block, keys, round)
  }
}

function decryptBlock(block: Uint8Array, keys: Uint8Array): void {
  const last = keys.length / 16 - 1
  for (let round = last; round >= 1; round--) {
    addRoundKey(block, keys, round)
    if (round < last) mixColumns(block, [14, 11, 13, 9])
    shiftRows(block, -1)
    for (let i = 0; i < 16; i++) block[i] = substituteInverse(block[i]!)
  }
  addRoundKey(block, keys, 0)
}

/** AES-128-CBC or AES-256-CBC with PKCS#7 padding; `iv` is 16 bytes. */
export function aesCbcEncrypt(key: Uint8Array, iv: Uint8Array, plaintext: Uint8Array): Uint8Array {
  const padding = 16 - (plaintext.length % 16)
  const out = new Uint8Array(plaintext.length + padding).fill(padding)
  out.set(plaintext)
  const keys = expand(key)
  let previous = iv
  for (let at = 0; at < out.length; at += 16) {
    const block = out.subarray(at, at + 16)
    for (let i = 0; i < 16; i++) block[i] = block[i]! ^ previous[i]!
    encryptBlock(block, keys)
    previous = block
  }
  keys.fill(0)
  return out
}

/** Undoes `aesCbcEncrypt`; throws `gm.decrypt-failed`. */
export function aesCbcDecrypt(key: Uint8Array, iv: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  const length = ciphertext.length
  if (length === 0 || length % 16 !== 0) throw new GmCryptoError('gm.decrypt-failed', 'decryption failed')
  const out = Uint8Array.from(ciphertext)
  const keys = expand(key)
  for (let at = 0; at < length; at += 16) {
    decryptBlock(out.subarray(at, at + 16), keys)
    const previous = at === 0 ? iv : ciphertext.subarray(at - 16, at)
    for (let i = 0; i < 16; i++) out[at + i] = out[at + i]! ^ previous[i]!
  }
  keys.fill(0)
  const padding = out[length - 1]!
  const sound =
    padding >= 1 && padding <= 16 && out.subarray(length - padding).every((byte) => byte === padding)
  if (!sound) {
    out.fill(0)
    throw new GmCryptoError('gm.decrypt-failed', 'decryption failed')
  }
  return out.slice(0, length - padding)
}
