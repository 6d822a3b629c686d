import type { Sm2PrivateKey } from '@anqu/gm-crypto'
import type { ServerAgreement } from './agreement.ts'
import { parseChannelState, wipeChannelState, writeChannelState, type ChannelState } from './channel-state.ts'
import type { ChannelStore } from './channel-store.ts'
import type { Clock } from './clock.ts'
import type { Draws } from './draws.ts'
import { MessageError } from './errors.ts'
import type { ChannelLimits } from './limits.ts'

/** What every step of a server needs. */
export interface Serving {
  readonly chain: readonly Uint8Array[]
  readonly key: Sm2PrivateKey
  readonly agree: ServerAgreement
  readonly clock: Clock
  readonly store: ChannelStore
  readonly limits: ChannelLimits
  readonly draws: Draws
}

/** Stores a channel and overwrites every copy of its secrets in this process. */
export async function saveChannel(
  store: ChannelStore,
  id: string,
  channel: { state: ChannelState; ttlMs: number },
): Promise<void> {
  const bytes = writeChannelState(channel.state)
  wipeChannelState(channel.state)
  try {
    await store.put(id, bytes, channel.ttlMs)
  } finally {
    bytes.fill(0)
  }
}

/** One answer for a channel that never was, is over, or has a name no channel can have. */
export async function loadChannel(serving: Serving, id: string): Promise<ChannelState> {
  const bytes = /^[0-9a-f]{32}$/.test(id) ? await serving.store.get(id) : undefined
  if (bytes !== undefined) {
    const state = parseChannelState(bytes)
    if (serving.clock.nowMs() < state.expiresAtMs) return state
    wipeChannelState(state)
  }
  throw new MessageError('message.unknown-channel', 'no such channel, or an expired one')
}
