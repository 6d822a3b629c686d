import { base64ToBytes, bytesToBase64 } from '@anqu/encoding'
import type { ChannelStore } from '@anqu/message'
import type { ShortLivedStore } from '@anqu/platform'

/** Keeps the channels of the message protocol in the short-lived store: memory, or Redis where several servers share them. */
export const createChannelStore = (
  store: ShortLivedStore,
  seal: (state: Uint8Array) => Promise<Uint8Array>,
  open: (sealed: Uint8Array) => Promise<Uint8Array>,
): ChannelStore => ({
  async put(id, state, ttlMs) {
    await store.set(`channel:${id}`, bytesToBase64(await seal(state)), ttlMs)
  },
  async get(id) {
    const text = await store.get(`channel:${id}`)
    return text === undefined ? undefined : open(base64ToBytes(text))
  },
  advance: (id, sequence, ttlMs) => store.advance(`sequence:${id}`, sequence, ttlMs),
  remove: (id) => store.remove(`channel:${id}`),
})
