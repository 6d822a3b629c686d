import { Refusal, type InputOf, type OutputOf, type Route } from '@anqu/contract'

/** A customer's live session as handlers see it. */
export type CustomerSession = {
  readonly sessionId: string
  readonly accountId: string
  /** Set when this client instance is the bound device of the account. */
  readonly deviceId: string | null
  readonly environmentHash: string
}

export type StaffSession = {
  readonly staffId: string
  readonly role: 'operator' | 'auditor' | 'administrator'
}

/** Everything a handler may know about who calls. No HTTP word in it. */
export type RequestContext = {
  readonly correlationId: string
  /** Hex of the first 16 bytes of SM3 over the client instance's public key: names the installation. */
  readonly clientKeyId: string
  /** Uncompressed public key of the client instance, proven by the handshake. */
  readonly clientKey: Uint8Array
  /** `clientKeyId@address-pseudonym`, for the audit log. */
  readonly origin: string
  readonly customer: CustomerSession | null
  readonly staff: StaffSession | null
  /** Sets or clears the session cookie of the answer. */
  readonly setSession: (session: { token: string; maxAgeMs: number } | null) => void
}

export type BoundRoute = {
  readonly route: Route
  readonly handle: (input: unknown, context: RequestContext) => Promise<unknown>
}

/** Binds a declared route to its handler; the types of input and output come from the contract. */
export const bind = <R extends Route>(
  route: R,
  handle: (input: InputOf<R>, context: RequestContext) => Promise<OutputOf<R>>,
): BoundRoute => ({
  route,
  // The HTTP layer parses with this very route's schema before it calls, so the input has the route's type.
  handle: (input, context) => handle(input as InputOf<R>, context),
})

/** The logged-in customer, or the refusal that asks to log in. */
export function customerOf(context: Pick<RequestContext, 'customer'>): CustomerSession {
  if (context.customer === null) throw new Refusal('session.required')
  return context.customer
}

/** The member of staff, when the role may do this; reading is for all roles, acting is not for auditors. */
export function staffOf(
  context: Pick<RequestContext, 'staff'>,
  roles: readonly StaffSession['role'][],
): StaffSession {
  if (context.staff === null) throw new Refusal('session.required')
  if (!roles.includes(context.staff.role)) throw new Refusal('staff.forbidden', context.staff.role)
  return context.staff
}
