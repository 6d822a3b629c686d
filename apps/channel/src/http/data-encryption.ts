import { encryptedInput, encryptionCertificate, Refusal } from '@anqu/contract'
import { base64ToBytes, bytesToBase64 } from '@anqu/encoding'
import { parseCertificate } from '@anqu/pki'
import type { AuditLog } from '../needs/audit.ts'
import { bind, customerOf, type BoundRoute, type RequestContext } from './bound-route.ts'

type Needs = {
  readonly audit: AuditLog
  readonly encryption: {
    chain(): Promise<readonly Uint8Array[]>
    open(serial: string, ciphertext: Uint8Array): Promise<Uint8Array | undefined>
  }
  /** What the CA answers about the state of the chain's first certificate; a Refusal when nothing is known. */
  readonly statusOf: (chain: readonly Uint8Array[]) => Promise<Uint8Array>
}
type Exchange = { readonly correlationId: string; readonly certificateSerial: string }

/** The receiver's side of B-5.4.1-9 and B-6.2.6-1; every step is recorded under the correlation id of the exchange. */
export type DataEncryption = {
  readonly routes: BoundRoute[]
  /** The input a client encrypted, and the correlation id it came under. Whatever is wrong with it, there is one refusal. */
  open(input: unknown, context: RequestContext): Promise<{ plaintext: Uint8Array; correlationId: string }>
}

export function createDataEncryption(needs: Needs): DataEncryption {
  const record = (
    what: { event: string; outcome: 'success' | 'failure'; description: string },
    exchange: Exchange,
    context: RequestContext,
  ): Promise<void> =>
    needs.audit.record({
      ...what,
      eventClass: 'key',
      subject: customerOf(context).accountId,
      origin: context.origin,
      resource: `certificate:${exchange.certificateSerial}`,
      correlationId: exchange.correlationId,
    })
  const certificate = bind(encryptionCertificate, async ({ correlationId }, context) => {
    const chain = await needs.encryption.chain()
    const [leaf] = chain
    if (leaf === undefined) throw new Error('an encryption key without a certificate')
    const certificateSerial = parseCertificate(leaf).serialHex
    const status = await needs.statusOf(chain)
    const given = {
      event: 'encryption.certificate-given',
      outcome: 'success',
      description: 'The client has the certificate to encrypt transaction data to',
    } as const
    await record(given, { correlationId, certificateSerial }, context)
    return { chain: chain.map((der) => bytesToBase64(der)), status: bytesToBase64(status) }
  })
  return {
    routes: [certificate],
    async open(input, context) {
      const parsed = encryptedInput.safeParse(input)
      if (!parsed.success) throw new Refusal('encryption.rejected', 'not encrypted to this server')
      const { ciphertext, ...exchange } = parsed.data
      const plaintext = await needs.encryption.open(exchange.certificateSerial, base64ToBytes(ciphertext))
      const opened = {
        event: 'encryption.data-opened',
        outcome: plaintext === undefined ? 'failure' : 'success',
        description:
          plaintext === undefined
            ? 'The data does not open with the key it names'
            : 'Transaction data decrypted with the private key of this system',
      } as const
      await record(opened, exchange, context)
      if (plaintext === undefined) throw new Refusal('encryption.rejected', 'does not open')
      return { plaintext, correlationId: exchange.correlationId }
    },
  }
}
