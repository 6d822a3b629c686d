import { parseCanonical } from '@anqu/contract'
import { base64ToBytes } from '@anqu/encoding'

type ReceiptLine = {
  readonly key: 'policyNumber' | 'bankReference' | 'payer' | 'period'
  readonly value: string
}

const textAt = (value: unknown, name: string): string | undefined => {
  if (typeof value !== 'object' || value === null) return undefined
  const found: unknown = Reflect.get(value, name)
  return typeof found === 'string' && found !== '' ? found : undefined
}

/** What a customer wants to see of the signed receipt; what is not in it is left out, never invented. */
export function readReceipt(receipt: string | undefined): ReceiptLine[] {
  if (receipt === undefined) return []
  const value: unknown = parseCanonical(base64ToBytes(receipt))
  const policy: unknown =
    typeof value === 'object' && value !== null ? Reflect.get(value, 'policy') : undefined
  const bank: unknown =
    typeof value === 'object' && value !== null ? Reflect.get(value, 'bankReference') : undefined
  const [from, until] = [textAt(value, 'startDate'), textAt(value, 'endDate')]
  const lines: readonly (readonly [ReceiptLine['key'], string | undefined])[] = [
    ['policyNumber', textAt(policy, 'policyNumber') ?? textAt(value, 'policy')],
    ['bankReference', textAt(bank, 'reference') ?? textAt(value, 'bankReference')],
    ['payer', textAt(value, 'payer')],
    ['period', from && until && `${from} ~ ${until}`],
  ]
  return lines.flatMap(([key, text]) => (text === undefined ? [] : [{ key, value: text }]))
}
