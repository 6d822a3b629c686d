import {
  certificatesBeginRenewal,
  certificatesCompleteRenewal,
  certificatesRenew,
  renewalOrder,
  renewalProof,
  sm2Signature,
  type OutputOf,
} from '@anqu/contract'
import { bytesToBase64 } from '@anqu/encoding'
import type { Certificate } from '@anqu/pki'
import { SecureElementError, type Pin, type SecureElement } from '@anqu/secure-element'
import type { Sm2PublicKey } from '@anqu/gm-crypto'
import { paymentContainer } from './bind-device.ts'
import type { AnquClient } from './client.ts'
import { trustedCertificate } from './trusted-certificate.ts'

export type RenewalStep = 'begun' | 'key-pair' | 'request' | 'issued' | 'installed' | 'completed'

type Begun = OutputOf<typeof certificatesBeginRenewal>
type Work = {
  readonly client: AnquClient
  readonly element: SecureElement
  /** The certificate to renew: the one the customer was told about. */
  readonly certificateSerial: string
  readonly pin: Pin
  readonly anchors: readonly Certificate[]
  readonly nowMs: number
  readonly onStep: (step: RenewalStep) => void
}

/**
 * B-6.2.3-4: a new pair beside the one in use, its certificate asked for by a signature of the one in use, installed in its
 * place. Where a cut-off renewal stands is read from the card and the server, so that calling this again goes on; until the
 * card switches over, the old pair works.
 */
export async function renewCertificate(
  client: AnquClient,
  element: SecureElement,
  given: Omit<Work, 'client' | 'element' | 'onStep'> & { readonly onStep?: (step: RenewalStep) => void },
): Promise<OutputOf<typeof certificatesCompleteRenewal>> {
  const work: Work = { onStep: () => undefined, ...given, client, element }
  await element.verifyPin(work.pin)
  const { certificateSerial: former } = work
  const begun = await withKeyOf(
    work,
    await client.call(certificatesBeginRenewal, { certificateSerial: former }),
  )
  work.onStep('begun')
  const issued = begun.issued ?? (await request(work, begun))
  work.onStep('issued')
  const certificate = trustedCertificate(issued, work)
  if ((await serialInUse(element)) !== certificate.serialHex)
    await element.installCertificate(paymentContainer, certificate.raw, work.pin)
  work.onStep('installed')
  const { renewalId } = begun
  const certificateSerial = certificate.serialHex
  const proof = await element.sign(paymentContainer, work.pin, renewalProof(renewalId, certificateSerial))
  const completed = await client.call(certificatesCompleteRenewal, {
    renewalId,
    certificateSerial,
    proof: sm2Signature(proof),
  })
  work.onStep('completed')
  return completed
}

/** A certificate whose key this card does not hold cannot be installed: that renewal is given up for another. */
async function withKeyOf(work: Work, begun: Begun): Promise<Begun> {
  if (begun.issued === null) return begun
  const { publicKey, serialHex } = trustedCertificate(begun.issued, work)
  const waiting = await waitingKey(work.element)
  if (waiting?.equals(publicKey) === true || (await serialInUse(work.element)) === serialHex) return begun
  const { certificateSerial } = work
  return work.client.call(certificatesBeginRenewal, { certificateSerial, instead: begun.renewalId })
}

async function request(work: Work, begun: Begun): Promise<OutputOf<typeof certificatesRenew>> {
  const { client, element, pin, onStep } = work
  const { renewalId, certificateSerial, subject } = begun
  // A pair that waits from before was never certified, or its certificate was given up.
  if ((await waitingKey(element)) !== undefined) await element.discardPendingKeyPair(paymentContainer, pin)
  await element.renewKeyPair(paymentContainer, pin)
  onStep('key-pair')
  const csr = bytesToBase64(await element.createCsr(paymentContainer, subject, pin))
  const order = renewalOrder(renewalId, certificateSerial, csr)
  const signature = sm2Signature(await element.sign(paymentContainer, pin, order))
  onStep('request')
  return client.call(certificatesRenew, { renewalId, csr, signature })
}

async function waitingKey(element: SecureElement): Promise<Sm2PublicKey | undefined> {
  try {
    return await element.publicKey(paymentContainer, { state: 'pending' })
  } catch (error) {
    if (error instanceof SecureElementError && error.code === 'se.key-not-found') return undefined
    throw error
  }
}

async function serialInUse(element: SecureElement): Promise<string | undefined> {
  const certificates = await element.listCertificates()
  return certificates.find(({ container }) => container === paymentContainer)?.serialHex
}
