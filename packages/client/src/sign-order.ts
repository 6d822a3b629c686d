import {
  operationsConfirm,
  parseCanonical,
  sm2Signature,
  type Canonical,
  type InputOf,
  type OutputOf,
} from '@anqu/contract'
import { base64ToBytes } from '@anqu/encoding'
import { sm2Verify } from '@anqu/gm-crypto'
import { parseCertificate, validateChain, type Certificate } from '@anqu/pki'
import type { Pin, SecureElement } from '@anqu/secure-element'
import { paymentContainer } from './bind-device.ts'
import type { AnquClient } from './client.ts'

type Fields = { readonly [key: string]: Canonical }

/** The order as it will be signed, for showing: what is shown is read out of the very bytes that are signed. */
export function readOrder(order: string): Fields {
  const value = parseCanonical(base64ToBytes(order))
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError('not an order')
  return value as Fields // neither null nor an array
}

export type ExpiryNotice = NonNullable<OutputOf<typeof operationsConfirm>['expiryNotice']>

/**
 * Signs the order in the secure element and confirms the operation with everything the customer gave. `onExpiryNotice` is told
 * when the certificate soon runs out: time for `renewCertificate` (B-6.2.3-3).
 */
export async function confirmOperation(
  client: AnquClient,
  element: SecureElement,
  given: Omit<InputOf<typeof operationsConfirm>, 'signature'> & {
    pin: Pin
    onExpiryNotice?: (notice: ExpiryNotice) => void
  },
): Promise<OutputOf<typeof operationsConfirm>['operation']> {
  const { pin, onExpiryNotice, ...confirmation } = given
  const signature = await element.sign(paymentContainer, pin, base64ToBytes(confirmation.order))
  const answer = await client.call(operationsConfirm, {
    ...confirmation,
    signature: sm2Signature(signature),
  })
  if (answer.expiryNotice) onExpiryNotice?.(answer.expiryNotice)
  return answer.operation
}

type Receipt = NonNullable<OutputOf<typeof operationsConfirm>['operation']['receipt']>

/** The receipt's fields when the server's signature and certificate hold; undefined when they do not. */
export function readReceipt(
  receipt: Receipt,
  trust: { anchors: readonly Certificate[]; intermediates: readonly Certificate[]; atMs: number },
): Fields | undefined {
  const certificate = parseCertificate(base64ToBytes(receipt.certificate))
  const verdict = validateChain({ leaf: certificate, ...trust, usage: { keyUsage: ['digitalSignature'] } })
  const bytes = base64ToBytes(receipt.receipt)
  if (!verdict.ok || !sm2Verify(certificate.publicKey, bytes, base64ToBytes(receipt.signature)))
    return undefined
  const value = parseCanonical(bytes)
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined // as above
}
