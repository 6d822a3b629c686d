import { MessageError } from './errors.ts'

/** Where the time comes from: epoch milliseconds. */
export interface Clock {
  nowMs(): number
}

/** A timestamp too old or too far ahead is refused (D-5.6.2-e.2-s1). Call it only on authenticated values where possible. */
export function checkFresh(timestampMs: bigint, nowMs: number, windowMs: number): void {
  const distance = timestampMs - BigInt(nowMs)
  if (distance > BigInt(windowMs) || -distance > BigInt(windowMs))
    throw new MessageError('message.stale', `timestamp is ${distance} ms from the clock`)
}
