import type { Canonical } from '@anqu/contract'
import type { ReceiptFields } from '../../api/channel-api.ts'

type ReceiptLine = {
  readonly key: 'policyNumber' | 'bankReference' | 'payer' | 'period'
  readonly value: string
}

const text = (value: Canonical | undefined): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

/** One field of a nested object of the receipt; undefined when there is no such object. */
function inside(value: Canonical | undefined, name: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  return text(new Map<string, Canonical>(Object.entries(value)).get(name))
}

/** What a customer wants to see of a verified receipt; what is not in it is left out, never invented. */
export function receiptLines(receipt: ReceiptFields): ReceiptLine[] {
  const { policy, bankReference, payer, startDate, endDate } = receipt
  const [from, until] = [text(startDate), text(endDate)]
  const lines: readonly (readonly [ReceiptLine['key'], string | undefined])[] = [
    ['policyNumber', inside(policy, 'policyNumber') ?? text(policy)],
    ['bankReference', inside(bankReference, 'reference') ?? text(bankReference)],
    ['payer', text(payer)],
    ['period', from && until && `${from} ~ ${until}`],
  ]
  return lines.flatMap(([key, value]) => (value === undefined ? [] : [{ key, value }]))
}
