import { factorsKeyboard, staffKeyboard, type InputOf, type OutputOf } from '@anqu/contract'
import { base64ToBytes, bytesToBase64 } from '@anqu/encoding'
import type { Sm2PrivateKey } from '@anqu/gm-crypto'
import { createTapPad } from '@anqu/message'
import type { Call } from './client.ts'
import type { SealedTransport } from './sealed-transport.ts'

export type KeyboardPurpose = InputOf<typeof factorsKeyboard>['purpose']
export type KeyboardView = OutputOf<typeof factorsKeyboard>
export type SecretEntry = { keyboardId: string; taps: string[] }

/**
 * One entry of one secret. The picture shows the keys; a tap is sealed by itself the moment it happens and only its sealed
 * form is kept, so that the secret is never put together on this side (B-7.5.5-3, D-5.6.1-a.2).
 */
export type SecureEntry = {
  readonly view: KeyboardView
  /** Number of taps so far; all that may be shown. */
  readonly length: () => number
  tap(cell: number): void
  /** Takes the last tap back. */
  erase(): void
  readonly purpose: KeyboardPurpose
  /** What goes to the server; the keyboard is used up by it. */
  finish(): SecretEntry
}

export async function openSecureEntry(
  needs: { call: Call; transport: SealedTransport; instanceKey: Sm2PrivateKey },
  purpose: KeyboardPurpose,
): Promise<SecureEntry> {
  const pad = createTapPad({ self: needs.instanceKey, server: await needs.transport.serverKey() })
  const route = purpose === 'staff-login' ? staffKeyboard : factorsKeyboard
  const view = await needs.call(route, { purpose, offer: bytesToBase64(pad.offer) })
  const sealer = pad.complete(base64ToBytes(view.answer), view.keyboardId)
  const taps: string[] = []
  return {
    view,
    purpose,
    length: () => taps.length,
    tap(cell) {
      if (!Number.isInteger(cell) || cell < 0 || cell >= view.rows * view.columns)
        throw new RangeError('no such key')
      if (taps.length < view.maxTaps) taps.push(bytesToBase64(sealer.seal(cell)))
    },
    erase: () => void taps.pop(),
    finish: () => ({ keyboardId: view.keyboardId, taps: [...taps] }),
  }
}
