import { base64ToBytes } from '@anqu/encoding'
import { initGmCrypto } from '@anqu/gm-crypto'
import { createCard, serveCard, type CardConnection, type MessageEndpoint } from '@anqu/secure-element'
import { indexedDbCardStorage } from '@anqu/secure-element/browser'

/**
 * The card of this app, in a worker of its own. It asks the server for the root itself and keeps it from its first power-up
 * on: the page in between could otherwise name another TSM, and would be handed the card's first keys.
 */
// The worker's global scope is not in TypeScript's "dom" library; these are its parts used here.
const scope = globalThis as unknown as MessageEndpoint & { readonly name: string }
const storage = indexedDbCardStorage(scope.name)

async function powerUp(): Promise<CardConnection> {
  const issuerRoot = await fetchRoot()
  return createCard({
    storage,
    applications: 'to-be-loaded',
    channelPolicy: 'required',
    ...(issuerRoot === undefined ? {} : { issuerRoot }),
  })
}

/** The last of the trust anchors. Without an answer there is none: a card that has its keys needs it no more. */
async function fetchRoot(): Promise<Uint8Array | undefined> {
  const response = await fetch('/trust-anchors', { cache: 'no-store', redirect: 'error' }).catch(
    () => undefined,
  )
  if (response?.ok !== true) return undefined
  const value: unknown = await response.json()
  const list: unknown =
    typeof value === 'object' && value !== null ? Reflect.get(value, 'certificates') : undefined
  return Array.isArray(list) && list.length > 0 ? base64ToBytes(String(list.at(-1))) : undefined
}

// Works from the first moment, and several times as fast once this has finished.
void initGmCrypto()
const card = powerUp()
serveCard(scope, {
  transmit: async (command) => (await card).transmit(command),
  reset: async () => (await card).reset(),
})
