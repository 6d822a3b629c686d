import type { SecureEntry } from '@anqu/client'
import { base64ToBytes } from '@anqu/encoding'
import type { OpenSecret } from './channel-api.ts'

/** The SDK's secure entry as a keyboard uses it. */
export function openSecret(entry: SecureEntry): OpenSecret {
  const { view } = entry
  const clear = () => {
    while (entry.length() > 0) entry.erase()
  }
  return {
    keyboardId: view.keyboardId,
    rows: view.rows,
    columns: view.columns,
    maxTaps: view.maxTaps,
    expiresAtMs: view.expiresAtMs,
    picture: {
      pictureId: view.keyboardId,
      png: new Uint8Array(base64ToBytes(view.png)),
      widthPx: view.widthPx,
      heightPx: view.heightPx,
    },
    seal(cell) {
      const before = entry.length()
      entry.tap(cell)
      return entry.length() > before
    },
    erase: () => entry.erase(),
    clear,
    finish() {
      const sealed = entry.finish()
      clear()
      return sealed
    },
  }
}
