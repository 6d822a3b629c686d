import { createMessageServer, type MessageServer } from '@anqu/message'
import { policy } from '@anqu/policy'
import type { Clock, ShortLivedStore } from '@anqu/platform'
import { createChannelStore } from '../http/channel-store.ts'
import type { KeySystem } from '../modules/keys/index.ts'

/** The server's side of the message protocol, its channels sealed in the store. */
export const composeMessages = (needs: {
  keys: KeySystem
  clock: Clock
  store: ShortLivedStore
}): MessageServer => {
  const { keys, clock, store } = needs
  return createMessageServer({
    chain: keys.messageKey.chain,
    key: keys.messageKey.key,
    agree: keys.messageKey.agree,
    clock,
    store: createChannelStore(
      store,
      (state) => keys.seal('channel', state),
      (sealed) => keys.open('channel', sealed),
    ),
    limits: {
      windowMs: policy.message.clockWindowMs,
      channelMs: policy.message.channelMs,
      channelMessages: policy.message.channelMessages,
    },
  })
}
