import { parseCanonical } from '@anqu/contract'

type Shown = { readonly operationId: string; readonly payee: string; readonly amountFen: string }

/**
 * True when the bytes about to be signed say what the page shows. A server, or somebody in between, that shows one order
 * and sends another one for signing gets no signature (B-7.3.2.1-4).
 */
export function orderSaysWhatIsShown(order: Uint8Array, shown: Shown): boolean {
  try {
    const value = parseCanonical(order)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
    const said = new Map<string, unknown>(Object.entries(value))
    return (
      said.get('purpose') === 'anqu.order.v1' &&
      said.get('operationId') === shown.operationId &&
      said.get('payee') === shown.payee &&
      said.get('amountFen') === shown.amountFen &&
      said.get('currency') === 'CNY'
    )
  } catch {
    return false
  }
}
