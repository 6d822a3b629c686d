import type { SecureEntry } from '@anqu/client'
import { base64ToBytes } from '@anqu/encoding'
import type { OpenSecret } from './channel-api.ts'

/**
 * A secure entry with a way back. Sealed taps are never changed: which of them count is remembered as their positions,
 * and only those are handed over; the server reads a gap as a tap taken back.
 */
export function openSecret(entry: SecureEntry): OpenSecret {
  const { view } = entry
  let kept: number[] = []
  return {
    keyboardId: view.keyboardId,
    rows: view.rows,
    columns: view.columns,
    maxTaps: view.maxTaps,
    expiresAtMs: view.expiresAtMs,
    picture: { png: new Uint8Array(base64ToBytes(view.png)), widthPx: view.widthPx, heightPx: view.heightPx },
    seal(cell) {
      const position = entry.length()
      entry.tap(cell)
      const taken = entry.length() > position
      if (taken) kept.push(position)
      return taken
    },
    erase() {
      kept.pop()
    },
    clear() {
      kept = []
    },
    finish() {
      const { keyboardId, taps } = entry.finish()
      const counted = new Set(kept)
      kept = []
      return { keyboardId, taps: taps.filter((_, position) => counted.has(position)) }
    },
  }
}
