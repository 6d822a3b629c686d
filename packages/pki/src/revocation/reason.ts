/** RFC 5280 section 5.3.1. Number 7 is not used; `removeFromCRL` stands in delta lists only. */
const codes = {
  unspecified: 0,
  keyCompromise: 1,
  cACompromise: 2,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  certificateHold: 6,
  removeFromCRL: 8,
  privilegeWithdrawn: 9,
  aACompromise: 10,
} as const

export type RevocationReason = keyof typeof codes

const reasons: ReadonlyMap<number, RevocationReason> = new Map(
  // Object.entries widens the keys it was given.
  Object.entries(codes).map(([reason, code]) => [code, reason as RevocationReason]),
)

export function reasonCode(reason: RevocationReason): number {
  return codes[reason]
}

export function reasonOf(code: number): RevocationReason | undefined {
  return reasons.get(code)
}
