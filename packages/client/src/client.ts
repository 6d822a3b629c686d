import type { InputOf, OutputOf, Route } from '@anqu/contract'
import type { Sm2PrivateKey } from '@anqu/gm-crypto'
import { encryptInput } from './encrypt-input.ts'
import { openSecureEntry, type KeyboardPurpose, type SecureEntry } from './secure-entry.ts'
import { createSealedTransport, type Traffic, type TransportOptions } from './sealed-transport.ts'

/** Calls one declared route; input and output have the types of the contract. Throws Refused or ConnectionLost. */
export type Call = <R extends Route>(route: R, input: InputOf<R>) => Promise<OutputOf<R>>

export type AnquClient = {
  readonly call: Call
  /** Opens a secure keyboard for one entry. */
  enter(purpose: KeyboardPurpose): Promise<SecureEntry>
  onTraffic(listener: (traffic: Traffic) => void): void
  readonly instanceKey: Sm2PrivateKey
}

/** A client of one server. Everything it sends is sealed; everything it receives is checked against the contract. */
export function createClient(options: TransportOptions): AnquClient {
  const transport = createSealedTransport(options)
  const bodyOf = async (route: Route, input: InputOf<Route>): Promise<unknown> => {
    const { encryptedUnder } = route
    if (encryptedUnder === undefined) return input
    // The declaration names a field of its own input that is an id.
    const correlationId = (input as Readonly<Record<string, string>>)[encryptedUnder] ?? ''
    return encryptInput({ ...options, transport }, input, correlationId)
  }
  const call: Call = async (route, input) => {
    const answer = await transport.send(route.path, await bodyOf(route, input))
    // Parsed with this very route's schema.
    return route.output.parse(answer) as OutputOf<typeof route>
  }
  return {
    call,
    enter: (purpose) => openSecureEntry({ call, transport, instanceKey: options.instanceKey }, purpose),
    onTraffic: (listener) => transport.onTraffic(listener),
    instanceKey: options.instanceKey,
  }
}
