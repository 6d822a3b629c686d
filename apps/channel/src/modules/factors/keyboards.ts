import { Refusal, type InputOf, type OutputOf, type factorsKeyboard } from '@anqu/contract'
import { base64ToBytes, bytesToBase64, bytesToUtf8, utf8ToBytes } from '@anqu/encoding'
import { SecretBytes, Sm2PublicKey } from '@anqu/gm-crypto'
import { acceptTapOffer, MessageError, openTaps, type ServerAgreement } from '@anqu/message'
import { policy } from '@anqu/policy'
import { uuidv7, type Clock, type ShortLivedStore } from '@anqu/platform'
import type { Keys } from '../../needs/keys.ts'
import { keyboardColumns, keyboardRows, randomLayout } from './domain/keyboard-layout.ts'
import { drawKeyboard, keyboardSize } from './pictures/draw.ts'
import type { Witness } from './pictures.ts'

export type KeyboardPurpose = InputOf<typeof factorsKeyboard>['purpose']
export type SecretEntry = { readonly keyboardId: string; readonly taps: readonly string[] }

export type Keyboards = {
  issue(request: {
    purpose: KeyboardPurpose
    offer: string
    clientKey: Uint8Array
  }): Promise<OutputOf<typeof factorsKeyboard>>
  /** Opens an entry once and hands the secret to `use`; the secret is wiped afterwards. */
  read<T>(
    entry: SecretEntry,
    expected: { purpose: KeyboardPurpose; clientKey: Uint8Array },
    use: (secret: SecretBytes) => Promise<T>,
  ): Promise<T>
}

type Stored = { purpose: KeyboardPurpose; layout: string; tapState: string; clientKey: string }

const maxTaps = 32

/**
 * Secure keyboards: a random layout the client never learns, and a key agreed for this one entry under which each tap is
 * sealed by itself (B-7.5.5-3, B-7.5.5-5, B-7.5.5-8, D-5.6.1-a.2). A keyboard serves one entry.
 */
export function createKeyboards(needs: {
  clock: Clock
  store: ShortLivedStore
  keys: Pick<Keys, 'seal' | 'open'>
  agree: ServerAgreement
  witness: Witness | undefined
}): Keyboards {
  const { clock, store, keys, agree, witness } = needs
  return {
    async issue({ purpose, offer, clientKey }) {
      const keyboardId = uuidv7(clock.nowMs())
      const layout = randomLayout()
      const pad = await ofClient(() =>
        acceptTapOffer({
          agree,
          client: Sm2PublicKey.fromBytes(clientKey),
          offer: base64ToBytes(offer),
          keyboardId,
        }),
      )
      const state: Stored = {
        purpose,
        layout,
        tapState: bytesToBase64(pad.state),
        clientKey: bytesToBase64(clientKey),
      }
      const sealed = await keys.seal('keyboard', utf8ToBytes(JSON.stringify(state)))
      await store.set(`keyboard:${keyboardId}`, bytesToBase64(sealed), policy.keyboard.validMs)
      await witness?.({ id: keyboardId, kind: 'keyboard', shows: layout })
      return {
        keyboardId,
        answer: bytesToBase64(pad.answer),
        png: bytesToBase64(drawKeyboard(layout)),
        ...keyboardSize,
        rows: keyboardRows,
        columns: keyboardColumns,
        maxTaps,
        expiresAtMs: clock.nowMs() + policy.keyboard.validMs,
      }
    },
    async read(entry, expected, use) {
      const stored = await store.take(`keyboard:${entry.keyboardId}`)
      if (stored === undefined) throw new Refusal('factor.rejected', 'keyboard used or expired')
      // Written by `issue` from a Stored.
      const state = JSON.parse(bytesToUtf8(await keys.open('keyboard', base64ToBytes(stored)))) as Stored
      if (state.purpose !== expected.purpose || state.clientKey !== bytesToBase64(expected.clientKey))
        throw new Refusal('factor.rejected', 'keyboard made for something else')
      const secret = await secretOf(state, entry)
      try {
        return await use(secret)
      } finally {
        secret.wipe()
      }
    },
  }
}

async function secretOf(state: Stored, entry: SecretEntry): Promise<SecretBytes> {
  const cells = await ofClient(async () =>
    openTaps({
      state: base64ToBytes(state.tapState),
      keyboardId: entry.keyboardId,
      taps: entry.taps.map((tap) => base64ToBytes(tap)),
      cells: state.layout.length,
    }),
  )
  const bytes = Uint8Array.from(cells, (cell) => state.layout.charCodeAt(cell))
  const secret = SecretBytes.from(bytes)
  bytes.fill(0)
  cells.fill(0)
  return secret
}

/** An offer or a tap that cannot be opened is the client's doing: its message is illegal, the server has no fault. */
async function ofClient<T>(open: () => Promise<T>): Promise<T> {
  try {
    return await open()
  } catch (error) {
    if (error instanceof MessageError) throw new Refusal('request.malformed', error.message)
    throw error
  }
}
