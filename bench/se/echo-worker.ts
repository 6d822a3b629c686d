import type { MessageEndpoint } from '@anqu/secure-element'

// The worker's global scope is not in TypeScript's "dom" library; these are its parts used here.
const scope = globalThis as unknown as MessageEndpoint
scope.addEventListener('message', ({ data }) => scope.postMessage(data, []))
