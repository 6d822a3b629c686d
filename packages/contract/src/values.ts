import { z } from 'zod'

/** Shared building blocks of the schemas. Every object is strict: an unknown field is refused (C-6.2.4-e). */

export const id = z.uuid()
/** Money in 分 as a decimal string, because JSON numbers cannot hold every bigint. */
export const fen = z.string().regex(/^(0|[1-9][0-9]{0,15})$/)
/** Canonical: the bits of the last character that carry nothing are zero (RFC 4648 section 3.5). */
export const base64 = (maxBytes: number) =>
  z
    .string()
    .max(Math.ceil(maxBytes / 3) * 4)
    .regex(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$/)
export const atMs = z.int().nonnegative()
export const phone = z.string().regex(/^1[3-9][0-9]{9}$/)
/** An address a message can be sent to; no quoted local parts, no address literals. */
export const email = z.email().max(120)
/** A person's name: Chinese characters with the middle dot, or Latin letters. */
export const personName = z.string().regex(/^(?:[\p{Script=Han}·]{2,30}|[A-Za-z][A-Za-z .'-]{1,59})$/u)
export const otp = z.string().regex(/^[0-9]{6}$/)
export const pictureAnswer = z.string().min(1).max(12)
export const languageTag = z.enum(['zh', 'en'])
export const idempotencyKey = z.string().regex(/^[A-Za-z0-9_-]{16,64}$/)
export const shortText = z.string().max(200)
export const cursor = z.string().max(200)

const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]

/** True when the 18th character is the check digit of GB 11643 over the first 17. */
export function hasValidCheckDigit(idNumber: string): boolean {
  let sum = 0
  for (const [index, weight] of weights.entries()) sum += weight * Number(idNumber.charAt(index))
  return '10X98765432'.charAt(sum % 11) === idNumber.charAt(17)
}

/** Chinese resident identity number, 18 characters with a valid check digit (GB 11643). */
export const idNumber = z
  .string()
  .regex(/^[1-9][0-9]{5}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9X]$/)
  .refine(hasValidCheckDigit, 'check digit')

/**
 * What the secure keyboard hands over: the keyboard's id, the client's half of the key agreed for this one entry, and
 * one sealed cell index a tap. The secret never exists as text on the client (B-7.5.5-3, D-5.6.1-a.2).
 */
export const secretEntry = z.strictObject({
  keyboardId: id,
  taps: z.array(base64(64)).min(1).max(64),
})

/** A signed picture: the bytes of a PNG and its size in CSS pixels. */
export const picture = z.strictObject({
  pictureId: id,
  png: base64(160 * 1024),
  widthPx: z.int().positive(),
  heightPx: z.int().positive(),
  expiresAtMs: atMs,
})

/** Markers a client reports about its surroundings; what it cannot or may not read is said, never invented (A-5.8-7). */
const marker = z.union([z.string().max(120), z.enum(['not-authorised', 'not-available'])])
export const environment = z.strictObject({
  platform: z.enum(['h5', 'node']),
  osVersion: marker,
  model: marker,
  language: marker,
  timeZone: marker,
  screen: marker,
  network: marker,
  location: marker,
  automation: z.enum(['yes', 'no', 'not-available']),
})
