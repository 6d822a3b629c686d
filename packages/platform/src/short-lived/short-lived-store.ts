/**
 * State that is allowed to vanish when its time is over: nonces, challenges, counters, channel keys. One process keeps it
 * in memory, several share a Redis or Valkey. Keys are at most 512 characters. Every entry has an end.
 */
export interface ShortLivedStore {
  get(key: string): Promise<string | undefined>
  set(key: string, value: string, ttlMs: number): Promise<void>
  /** True when the key was free. The way to accept something once. */
  setIfAbsent(key: string, value: string, ttlMs: number): Promise<boolean>
  /** Reads and removes in one step. The way to burn something. */
  take(key: string): Promise<string | undefined>
  /** Adds one and answers the new count. The time runs from the first count and is not renewed. */
  increment(key: string, ttlMs: number): Promise<number>
  /** Stores the sequence and answers true only when it is greater than any stored before. */
  advance(key: string, sequence: bigint, ttlMs: number): Promise<boolean>
  remove(key: string): Promise<void>
  close(): Promise<void>
}

const sequenceDigits = 20

/** Sequences as text of one length, so that both stores compare them exactly (a u64 does not fit a double). */
export function sequenceText(sequence: bigint): string {
  if (sequence < 0n || sequence >= 1n << 64n) throw new RangeError('a sequence is an unsigned 64-bit number')
  return sequence.toString().padStart(sequenceDigits, '0')
}
