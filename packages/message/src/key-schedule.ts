import { ByteWriter, concatBytes, utf8ToBytes } from '@anqu/encoding'
import { hkdfSm3Expand, hkdfSm3Extract, hmacSm3, sm3 } from '@anqu/gm-crypto'

/** Labels keep every derived value apart from every other; the version is part of each. */
export const LABEL = {
  transcript: 'anqu-message/1 transcript',
  serverConfirm: 'anqu-message/1 server confirm',
  clientConfirm: 'anqu-message/1 client confirm',
  clientToServer: 'anqu-message/1 client to server',
  serverToClient: 'anqu-message/1 server to client',
  record: 'anqu-message/1 record',
} as const

/** Distinguishing identifiers of GB/T 32918.3: who takes which role is part of Z, hence of every key. */
export const CLIENT_ID = 'anqu-message/1 client'
export const SERVER_ID = 'anqu-message/1 server'

/** Bytes asked of the key derivation of GB/T 32918.3. */
export const AGREED_KEY_BYTES = 32
const SECRET_BYTES = 32
const RECORD_KEY_BYTES = 16
const RECORD_NONCE_BYTES = 12

/** SM3 over both hellos, each after its length, so that no boundary can be moved. */
export function transcriptHash(clientHello: Uint8Array, serverOffer: Uint8Array): Uint8Array {
  const label = utf8ToBytes(LABEL.transcript)
  const writer = new ByteWriter(label.length + 8 + clientHello.length + serverOffer.length)
  return sm3(writer.bytes(label).vector32(clientHello).vector32(serverOffer).finish())
}

export interface ChannelKeys {
  readonly serverConfirmation: Uint8Array
  readonly clientConfirmation: Uint8Array
  readonly clientToServer: Uint8Array
  readonly serverToClient: Uint8Array
}

/**
 * Everything a channel needs from one agreement. GB/T 32918.3 derives its key from the shared point and both Z values
 * but not from the ephemeral keys or the messages; the transcript as salt binds them all.
 * `serverTag` and `clientTag` are the optional confirmations S_B and S_A of the standard, checked inside ours.
 * Wipes `agreedKey`.
 */
export function deriveChannelKeys(
  agreedKey: Uint8Array,
  transcript: Uint8Array,
  tags: { serverTag: Uint8Array; clientTag: Uint8Array },
): ChannelKeys {
  const root = hkdfSm3Extract(transcript, agreedKey)
  agreedKey.fill(0)
  const expand = (label: string): Uint8Array => hkdfSm3Expand(root, utf8ToBytes(label), SECRET_BYTES)
  const serverConfirmKey = expand(LABEL.serverConfirm)
  const clientConfirmKey = expand(LABEL.clientConfirm)
  const serverConfirmation = hmacSm3(serverConfirmKey, concatBytes(transcript, tags.serverTag))
  const clientConfirmation = hmacSm3(
    clientConfirmKey,
    concatBytes(transcript, serverConfirmation, tags.clientTag),
  )
  const keys = {
    serverConfirmation,
    clientConfirmation,
    clientToServer: expand(LABEL.clientToServer),
    serverToClient: expand(LABEL.serverToClient),
  }
  for (const used of [root, serverConfirmKey, clientConfirmKey]) used.fill(0)
  return keys
}

export interface RecordKey {
  readonly key: Uint8Array
  readonly nonce: Uint8Array
}

/** One key for one message (A-9.2-2): the same pair of key and nonce never meets two plaintexts. Wipe after use. */
export function deriveRecordKey(secret: Uint8Array, label: string, sequence: bigint): RecordKey {
  const info = new ByteWriter(64).bytes(utf8ToBytes(label)).u64(sequence).finish()
  const output = hkdfSm3Expand(secret, info, RECORD_KEY_BYTES + RECORD_NONCE_BYTES)
  return { key: output.subarray(0, RECORD_KEY_BYTES), nonce: output.subarray(RECORD_KEY_BYTES) }
}

export function wipeRecordKey(recordKey: RecordKey): void {
  recordKey.key.fill(0)
  recordKey.nonce.fill(0)
}
