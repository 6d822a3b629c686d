import type { ChannelStore } from './channel-store.ts'
import type { Clock } from './clock.ts'

/** Expired entries are swept at most this often. */
const SWEEP_MS = 1000
const DEFAULT_MAX_ENTRIES = 200_000

/**
 * Channels of one process. Expired states are overwritten, not only forgotten. When `maxEntries` live entries are
 * held it refuses new ones: forgetting a sequence early would let a replay through.
 */
export function createMemoryChannelStore(clock: Clock, maxEntries = DEFAULT_MAX_ENTRIES): ChannelStore {
  const states = new Map<string, { state: Uint8Array; untilMs: number }>()
  const sequences = new Map<string, { sequence: bigint; untilMs: number }>()
  let sweptAtMs = 0

  const drop = (id: string): void => {
    states.get(id)?.state.fill(0)
    states.delete(id)
  }
  const makeRoom = (): void => {
    const nowMs = clock.nowMs()
    if (nowMs - sweptAtMs >= SWEEP_MS) {
      sweptAtMs = nowMs
      for (const [id, entry] of states) if (entry.untilMs <= nowMs) drop(id)
      for (const [id, entry] of sequences) if (entry.untilMs <= nowMs) sequences.delete(id)
    }
    if (states.size + sequences.size >= maxEntries) throw new Error('the channel store is full')
  }

  return {
    async put(id, state, ttlMs) {
      drop(id)
      makeRoom()
      states.set(id, { state: state.slice(), untilMs: clock.nowMs() + ttlMs })
    },
    async get(id) {
      const entry = states.get(id)
      if (entry === undefined) return undefined
      if (entry.untilMs > clock.nowMs()) return entry.state.slice()
      drop(id)
      return undefined
    },
    async advance(id, sequence, ttlMs) {
      const untilMs = clock.nowMs() + ttlMs
      const last = sequences.get(id)
      if (last !== undefined && last.untilMs > clock.nowMs() && sequence <= last.sequence) return false
      if (last === undefined) makeRoom()
      sequences.set(id, { sequence, untilMs })
      return true
    },
    async remove(id) {
      drop(id)
    },
  }
}
