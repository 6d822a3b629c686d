import { ByteReader } from '@anqu/encoding'

const STATE_VERSION = 1
const PHASE = { halfOpen: 1, open: 2 } as const
const SECRET_BYTES = 32
const KEY_BYTES = 65
const STATE_BYTES = 2 + 8 + KEY_BYTES + 3 * SECRET_BYTES

/** What a server remembers of a channel; 171 bytes in its store. */
export interface ChannelState {
  readonly phase: 'half-open' | 'open'
  /** The channel is refused from here on, whatever the store still holds. */
  readonly expiresAtMs: number
  readonly clientKey: Uint8Array
  readonly clientToServer: Uint8Array
  readonly serverToClient: Uint8Array
  /** What ClientFinish must bring; zeros once it has. */
  readonly clientConfirmation: Uint8Array
}

/** Fixed layout in one buffer, so that the caller can overwrite every copy of the secrets it made. */
export function writeChannelState(state: ChannelState): Uint8Array {
  const bytes = new Uint8Array(STATE_BYTES)
  bytes[0] = STATE_VERSION
  bytes[1] = state.phase === 'open' ? PHASE.open : PHASE.halfOpen
  new DataView(bytes.buffer).setBigUint64(2, BigInt(state.expiresAtMs))
  let at = 10
  for (const part of [
    state.clientKey,
    state.clientToServer,
    state.serverToClient,
    state.clientConfirmation,
  ]) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** The fields are views of `bytes`. Throws ParseError: the store is ours, so a bad state is a bug or an attack on it. */
export function parseChannelState(bytes: Uint8Array): ChannelState {
  const reader = new ByteReader(bytes, 'channel state')
  const version = reader.u8()
  const phase = reader.u8()
  if (version !== STATE_VERSION || (phase !== PHASE.open && phase !== PHASE.halfOpen))
    throw new Error('a channel state of an unknown kind')
  const state: ChannelState = {
    phase: phase === PHASE.open ? 'open' : 'half-open',
    expiresAtMs: Number(reader.u64()),
    clientKey: reader.bytes(KEY_BYTES),
    clientToServer: reader.bytes(SECRET_BYTES),
    serverToClient: reader.bytes(SECRET_BYTES),
    clientConfirmation: reader.bytes(SECRET_BYTES),
  }
  reader.end()
  return state
}

/** Overwrites the secrets of a state that is no longer needed here. */
export function wipeChannelState(state: ChannelState): void {
  for (const secret of [state.clientToServer, state.serverToClient, state.clientConfirmation]) secret.fill(0)
}
