import type { PictureSource } from './picture.tsx'

/**
 * What the secure keyboard knows about one entry: how many taps were made, and whom to hand the next one to.
 * It holds no character, no cell and no sealed tap, so there is nothing to take from it (B-7.5.5-3, D-5.6.1-a.2).
 */
export type SecretEntryPort = {
  readonly keyboardId: string
  readonly rows: number
  readonly columns: number
  readonly maxTaps: number
  readonly picture: PictureSource
  /** Seals one tap at once under the key of this entry; false when it takes no more. `cell` counts row by row from 0. */
  seal(cell: number): boolean
  /** Takes the last sealed tap back. */
  erase(): void
  /** Forgets every sealed tap. */
  clear(): void
}

export type EntryState = { readonly count: number }
export type EntryEvent =
  | { readonly kind: 'tap'; readonly cell: number; readonly trusted: boolean }
  | { readonly kind: 'erase' }
  | { readonly kind: 'clear' }

/**
 * One step of the keyboard. A tap that no person made is dropped (`isTrusted` is false for events a script dispatches,
 * D-5.4.3.6), as is one beyond the limit or outside the grid.
 */
export function enter(state: EntryState, event: EntryEvent, port: SecretEntryPort): EntryState {
  if (event.kind === 'clear') {
    port.clear()
    return { count: 0 }
  }
  if (event.kind === 'erase') {
    if (state.count === 0) return state
    port.erase()
    return { count: state.count - 1 }
  }
  const inside = Number.isInteger(event.cell) && event.cell >= 0 && event.cell < port.rows * port.columns
  if (!event.trusted || !inside || state.count >= port.maxTaps) return state
  return port.seal(event.cell) ? { count: state.count + 1 } : state
}
