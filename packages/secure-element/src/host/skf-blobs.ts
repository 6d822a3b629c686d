import { concatBytes } from '@anqu/encoding'
import { Sm2PublicKey } from '@anqu/gm-crypto'
import { SkfError } from './skf-error.ts'

/*
 * The structures of GM/T 0016 §6.4: numbers of 256 bits stand right-aligned in fields of 64 bytes; lengths are 32 bits,
 * little-endian as on the machines this interface comes from.
 */
const FIELD = 64
const NUMBER = 32
const SM2_BITS = 256

/** ECCPUBLICKEYBLOB: BitLen, X, Y (132 bytes). */
export function encodePublicKeyBlob(key: Sm2PublicKey): Uint8Array {
  const { bytes } = key
  return concatBytes(length(SM2_BITS), field(bytes.subarray(1, 33)), field(bytes.subarray(33, 65)))
}

/** @throws SkfError INDATAERR for another curve or a point that is not on it. */
export function parsePublicKeyBlob(blob: Uint8Array): Sm2PublicKey {
  requireLength(blob, 4 + 2 * FIELD)
  if (readLength(blob, 0) !== SM2_BITS) throw new SkfError('INDATAERR')
  try {
    return Sm2PublicKey.fromBytes(concatBytes(Uint8Array.of(0x04), number(blob, 4), number(blob, 4 + FIELD)))
  } catch (cause) {
    throw new SkfError('INDATAERR', { cause })
  }
}

/** ECCSIGNATUREBLOB: r, s (128 bytes), from r‖s. */
export function encodeSignatureBlob(signature: Uint8Array): Uint8Array {
  return concatBytes(field(signature.subarray(0, NUMBER)), field(signature.subarray(NUMBER)))
}

export function parseSignatureBlob(blob: Uint8Array): Uint8Array {
  requireLength(blob, 2 * FIELD)
  return concatBytes(number(blob, 0), number(blob, FIELD))
}

/** ECCCIPHERBLOB: X, Y, HASH, CipherLen, Cipher, from 04‖C1‖C3‖C2. */
export function encodeCipherBlob(ciphertext: Uint8Array): Uint8Array {
  const [x, y, hash, cipher] = [
    ciphertext.subarray(1, 33),
    ciphertext.subarray(33, 65),
    ciphertext.subarray(65, 97),
    ciphertext.subarray(97),
  ]
  return concatBytes(field(x), field(y), hash, length(cipher.length), cipher)
}

export function parseCipherBlob(blob: Uint8Array): Uint8Array {
  const header = 2 * FIELD + NUMBER + 4
  if (blob.length < header) throw new SkfError('INDATALENERR')
  const cipher = blob.subarray(header)
  if (readLength(blob, header - 4) !== cipher.length) throw new SkfError('INDATALENERR')
  const hash = blob.subarray(2 * FIELD, 2 * FIELD + NUMBER)
  return concatBytes(Uint8Array.of(0x04), number(blob, 0), number(blob, FIELD), hash, cipher)
}

function field(value: Uint8Array): Uint8Array {
  return concatBytes(new Uint8Array(FIELD - NUMBER), value)
}

function number(blob: Uint8Array, at: number): Uint8Array {
  if (blob.subarray(at, at + FIELD - NUMBER).some((byte) => byte !== 0)) throw new SkfError('INDATAERR')
  return blob.subarray(at + FIELD - NUMBER, at + FIELD)
}

function length(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value, true)
  return bytes
}

function readLength(blob: Uint8Array, at: number): number {
  return new DataView(blob.buffer, blob.byteOffset, blob.byteLength).getUint32(at, true)
}

function requireLength(blob: Uint8Array, expected: number): void {
  if (blob.length !== expected) throw new SkfError('INDATALENERR')
}
