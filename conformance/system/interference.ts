import type { SecretStore } from '@anqu/client'
import type { Route } from '@anqu/contract'
import type { MessageClient } from '@anqu/message'
import type { CardConnection } from '@anqu/secure-element'
import type { CardInspection } from '@anqu/secure-element/inspection'

export type RawAnswer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly cookies: readonly string[]
  readonly body: Uint8Array
}

export type RawRequest = {
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Uint8Array
}

export type TextMessage = { readonly phone: string; readonly text: string; readonly atMs: number }

/**
 * Stands between the checks and the system and changes what the system answers. The conformance run has none; the tests plant
 * faults with it and demand that the controls see them.
 */
export type Interference = {
  /** One call of a declared route; `proceed` makes it. */
  readonly call?: (route: Route, input: unknown, proceed: () => Promise<unknown>) => Promise<unknown>
  /** One HTTP exchange, sealed bytes included. */
  readonly http?: (request: RawRequest, proceed: () => Promise<RawAnswer>) => Promise<RawAnswer>
  /** What the CA answers a business system; `path` is that of the call. */
  readonly authority?: (path: string, answer: unknown) => unknown
  readonly message?: (message: TextMessage) => TextMessage
  /** What a picture shows to the eyes of the customer. */
  readonly picture?: (id: string, shows: string) => string
  readonly rows?: (rows: readonly object[]) => readonly object[]
  /** The bytes of a whole database, and the text of all logs. */
  readonly dump?: (bytes: Uint8Array) => Uint8Array
  readonly logs?: (text: string) => string
  readonly card?: (command: Uint8Array, proceed: () => Promise<Uint8Array>) => Promise<Uint8Array>
  /** What is found inside a card. */
  readonly inspection?: (inspection: CardInspection) => CardInspection
  /** Hears what an installation's card draws. */
  readonly drawn?: (bytes: Uint8Array) => void
  /** Another half of the message protocol than the SDK's. */
  readonly protocol?: (client: MessageClient) => MessageClient
  /** Another client than the SDK's, with the same card and the same place for its secrets. */
  readonly client?: (card: CardConnection, store: SecretStore) => CardConnection
}
