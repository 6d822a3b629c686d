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

/** HMAC-SM3 of `data`: 32 bytes. */
export function hmacSm3(key: KeyBytes, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const hmac = new HmacSm3(key)
  const code = hmac.mac(data)
  hmac.wipe()
  return code
}
