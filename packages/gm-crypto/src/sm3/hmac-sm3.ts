import { type KeyBytes, withKey } from '../keys/secret-bytes.ts'
import { sm3, Sm3 } from './sm3.ts'

const blockSize = 64

/** HMAC-SM3 with its two key pads hashed once, for many messages under one key (RFC 2104 over GB/T 32905). */
export class HmacSm3 {
  readonly #inner: Sm3
  readonly #outer: Sm3

  constructor(key: KeyBytes) {
    const pad = new Uint8Array(blockSize)
    withKey(key, (bytes) => pad.set(bytes.length > blockSize ? sm3(bytes) : bytes))
    for (let i = 0; i < blockSize; i++) pad[i] = (pad[i] ?? 0) ^ 0x36
    this.#inner = new Sm3().update(pad)
    for (let i = 0; i < blockSize; i++) pad[i] = (pad[i] ?? 0) ^ 0x36 ^ 0x5c
    this.#outer = new Sm3().update(pad)
    pad.fill(0)
  }

  /** The 32-byte code of the joined `parts`. */
  mac(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
    const inner = this.#inner.clone()
    for (const part of parts) inner.update(part)
    return this.#outer.clone().update(inner.digest()).digest()
  }

  /** Erases the key pads. */
  wipe(): void {
    this.#inner.wipe()
    this.#outer.wipe()
  }
}

/** Messages up to here are hashed in one call to the engine a pass. */
const shortLength = 4096

/** HMAC-SM3 of `data`: 32 bytes. */
export function hmacSm3(key: KeyBytes, data: Uint8Array): Uint8Array<ArrayBuffer> {
  if (data.length > shortLength) {
    const hmac = new HmacSm3(key)
    const code = hmac.mac(data)
    hmac.wipe()
    return code
  }
  const inner = new Uint8Array(blockSize + data.length)
  const outer = new Uint8Array(blockSize + 32)
  withKey(key, (bytes) => inner.set(bytes.length > blockSize ? sm3(bytes) : bytes))
  for (let i = 0; i < blockSize; i++) {
    outer[i] = (inner[i] ?? 0) ^ 0x5c
    inner[i] = (inner[i] ?? 0) ^ 0x36
  }
  inner.set(data, blockSize)
  outer.set(sm3(inner), blockSize)
  const code = sm3(outer)
  inner.fill(0)
  outer.fill(0)
  return code
}
