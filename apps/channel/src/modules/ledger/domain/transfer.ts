/** One leg of a transfer: positive amounts debit the account, negative ones credit it. */
export type Leg = { readonly account: string; readonly amountFen: bigint }

/** Throws unless there are at least two legs, none is zero, and they sum to zero. A violation is a bug, not a refusal. */
export function assertBalanced(legs: readonly Leg[]): void {
  if (legs.length < 2) throw new RangeError('a transfer has at least two legs')
  let sum = 0n
  for (const leg of legs) {
    if (leg.amountFen === 0n) throw new RangeError('a leg moves something')
    sum += leg.amountFen
  }
  if (sum !== 0n) throw new RangeError('the legs of a transfer sum to zero')
}
