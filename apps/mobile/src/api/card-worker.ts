import { connectWorkerCard } from '@anqu/secure-element/browser'
// oxlint-disable-next-line import/default -- `?worker&url` is the bundler's: it builds the worker and exports its address.
import cardWorkerUrl from '../card/worker.ts?worker&url'
import type { CardConnection } from '@anqu/secure-element'

/** The part of Trusted Types used here; not in TypeScript's library yet. */
type TrustedTypeFactory = {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): string }
}

/** One policy, which lets exactly one address through: the worker of the secure element. */
function trustedCardUrl(): string {
  const factory: unknown = Reflect.get(globalThis, 'trustedTypes')
  if (typeof factory !== 'object' || factory === null) return cardWorkerUrl
  const rules = {
    createScriptURL: (url: string) => {
      if (url !== cardWorkerUrl) throw new TypeError('only the secure element runs in a worker')
      return url
    },
  }
  // Looked up by name above: the browser's own factory.
  return (factory as TrustedTypeFactory).createPolicy('anqu-card', rules).createScriptURL(cardWorkerUrl)
}

/** Starts the secure element in a worker of its own, out of reach of the page's scripts except by APDU. */
export const connectCardWorker = (): CardConnection =>
  connectWorkerCard(new Worker(trustedCardUrl(), { type: 'module', name: 'anqu-card' }))
