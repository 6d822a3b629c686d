import type { Clock } from '../clock.ts'
import { sequenceText, type ShortLivedStore } from './short-lived-store.ts'

/** No room is left. An entry is never thrown out early: it may be a counter that stops guessing, or a used nonce. */
export class ShortLivedStoreFull extends Error {
  constructor(limit: number) {
    super(`the store of short-lived state holds its ${limit} entries`)
    this.name = 'ShortLivedStoreFull'
  }
}

interface Entry {
  readonly value: string
  readonly endsAtMs: number
}

class MemoryStore implements ShortLivedStore {
  readonly #entries = new Map<string, Entry>()
  readonly #clock: Clock
  readonly #limit: number
  #nextSweepAtMs = 0

  constructor(clock: Clock, limit: number) {
    this.#clock = clock
    this.#limit = limit
  }

  #live(key: string): Entry | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    if (entry.endsAtMs > this.#clock.nowMs()) return entry
    this.#entries.delete(key)
    return undefined
  }

  #put(key: string, entry: Entry): void {
    const nowMs = this.#clock.nowMs()
    const full = this.#entries.size >= this.#limit && !this.#entries.has(key)
    // A sweep reads everything, so it runs once a second at most, also when the store is full.
    if ((full || this.#entries.size > this.#limit / 2) && nowMs >= this.#nextSweepAtMs) this.#sweep(nowMs)
    if (full && this.#entries.size >= this.#limit) throw new ShortLivedStoreFull(this.#limit)
    this.#entries.set(key, entry)
  }

  #sweep(nowMs: number): void {
    this.#nextSweepAtMs = nowMs + 1_000
    for (const [key, entry] of this.#entries) if (entry.endsAtMs <= nowMs) this.#entries.delete(key)
  }

  async get(key: string): Promise<string | undefined> {
    return this.#live(key)?.value
  }

  async set(key: string, value: string, ttlMs: number): Promise<void> {
    this.#put(key, { value, endsAtMs: this.#clock.nowMs() + ttlMs })
  }

  async setIfAbsent(key: string, value: string, ttlMs: number): Promise<boolean> {
    if (this.#live(key) !== undefined) return false
    this.#put(key, { value, endsAtMs: this.#clock.nowMs() + ttlMs })
    return true
  }

  async take(key: string): Promise<string | undefined> {
    const entry = this.#live(key)
    this.#entries.delete(key)
    return entry?.value
  }

  async increment(key: string, ttlMs: number): Promise<number> {
    const entry = this.#live(key)
    const count = Number(entry?.value ?? 0) + 1
    this.#put(key, { value: String(count), endsAtMs: entry?.endsAtMs ?? this.#clock.nowMs() + ttlMs })
    return count
  }

  async advance(key: string, sequence: bigint, ttlMs: number): Promise<boolean> {
    const value = sequenceText(sequence)
    const entry = this.#live(key)
    if (entry !== undefined && entry.value >= value) return false
    this.#put(key, { value, endsAtMs: this.#clock.nowMs() + ttlMs })
    return true
  }

  async remove(key: string): Promise<void> {
    this.#entries.delete(key)
  }

  async close(): Promise<void> {
    this.#entries.clear()
  }
}

/** Short-lived state of a single process; at most `limit` entries (200,000 by default), ending by the clock given. */
export function createMemoryStore({
  clock,
  limit = 200_000,
}: {
  clock: Clock
  limit?: number
}): ShortLivedStore {
  return new MemoryStore(clock, limit)
}
