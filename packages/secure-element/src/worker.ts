import { initGmCrypto } from '@anqu/gm-crypto'
import { createCard } from './create-card.ts'
import { indexedDbCardStorage } from './storage/indexed-db-card-storage.ts'
import { serveCard, type MessageEndpoint } from './transports/message-port.ts'

/**
 * Entry of a Web Worker that is a card. The page names the card by the worker's own name:
 * `new Worker(url, { type: 'module', name: 'anqu-card' })`.
 */
// The worker's global scope is not in TypeScript's "dom" library; these are its parts used here.
const scope = globalThis as unknown as MessageEndpoint & { readonly name: string }
// Works from the first moment, and several times as fast once this has finished.
void initGmCrypto()
serveCard(scope, createCard({ storage: indexedDbCardStorage(scope.name === '' ? 'anqu-card' : scope.name) }))
