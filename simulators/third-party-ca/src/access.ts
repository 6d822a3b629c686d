import { bytesToHex, utf8ToBytes } from '@anqu/encoding'
import { constantTimeEqual, hmacSm3, sm3 } from '@anqu/gm-crypto'

/** Requests carry a code over method, path, time and body under a secret both sides hold. */
export const accessHeaders = { key: 'x-access-key', time: 'x-access-time', code: 'x-access-code' } as const

const toleranceMs = 5 * 60_000

export interface Signed {
  readonly method: string
  readonly path: string
  readonly timeMs: string
  readonly body: Uint8Array
}

export function accessCode(secret: Uint8Array, { method, path, timeMs, body }: Signed): string {
  return bytesToHex(hmacSm3(secret, utf8ToBytes(`${method}\n${path}\n${timeMs}\n${bytesToHex(sm3(body))}`)))
}

export function mayPass(secret: Uint8Array, signed: Signed, code: string, nowMs: number): boolean {
  const right = constantTimeEqual(utf8ToBytes(accessCode(secret, signed)), utf8ToBytes(code))
  return right && Math.abs(nowMs - Number(signed.timeMs)) <= toleranceMs
}
