import {
  bindingProof,
  devicesBeginBinding,
  devicesCompleteBinding,
  devicesRequestCertificate,
  sm2Signature,
  type InputOf,
  type OutputOf,
} from '@anqu/contract'
import { bytesToBase64 } from '@anqu/encoding'
import type { Certificate } from '@anqu/pki'
import { SecureElement, type Pin } from '@anqu/secure-element'
import { provisionCard, type ScriptStage } from './card-script.ts'
import type { AnquClient } from './client.ts'
import type { ClientCard } from './client-card.ts'
import { trustedCertificate } from './trusted-certificate.ts'

/** The one container of this application's signing pair. */
export const paymentContainer = 'anqu-payment'

export type BindingStep =
  | 'authenticated'
  | ScriptStage
  | 'key-pair'
  | 'request'
  | 'submitted'
  | 'issued'
  | 'checked'
  | 'installed'
  | 'proven'
  | 'bound'

export type BoundDevice = {
  readonly deviceId: string
  readonly certificateSerial: string
  readonly bindingId: string
}

/** A binding under way: nothing secret, and enough to go on from after a restart. */
export type PendingBinding = OutputOf<typeof devicesBeginBinding> & {
  /** The request the secure element made for it, once it has. */
  readonly csr?: string
}

type Given = {
  /** A new binding with a fresh code, or one that was cut off. */
  readonly start: InputOf<typeof devicesBeginBinding> | { readonly resume: PendingBinding }
  readonly pin: Pin
  readonly anchors: readonly Certificate[]
  readonly nowMs: number
  readonly onStep?: (step: BindingStep) => void
  /** Told what to keep for going on after a restart. */
  readonly onPending?: (pending: PendingBinding) => void
}

/**
 * Steps 1 to 9 of B-6.1 and the ten of B-6.2.2-2 from the client's side: authenticated by session and code, application
 * installed and personalised by the TSM, pair and request made inside the secure element, certificate from the CA through the
 * channel, checked against the pinned root, installed, proven.
 */
export async function bindDevice(client: AnquClient, card: ClientCard, given: Given): Promise<BoundDevice> {
  const { start, pin, onStep = () => undefined, onPending = () => undefined } = given
  const pending: PendingBinding =
    'resume' in start ? start.resume : await client.call(devicesBeginBinding, start)
  onPending(pending)
  onStep('authenticated')
  const element = new SecureElement(card)
  const csr = pending.csr ?? (await prepare(client, { card, element, pending, pin, onStep }))
  onPending({ ...pending, csr })
  const { bindingId } = pending
  const answer = client.call(devicesRequestCertificate, { bindingId, csr })
  onStep('submitted')
  const issued = await answer
  onStep('issued')
  const certificate = trustedCertificate(issued, given)
  onStep('checked')
  await element.installCertificate(paymentContainer, certificate.raw, pin)
  onStep('installed')
  const certificateSerial = certificate.serialHex
  const proof = await element.sign(paymentContainer, pin, bindingProof(bindingId, certificateSerial))
  onStep('proven')
  const { deviceId } = await client.call(devicesCompleteBinding, {
    bindingId,
    certificateSerial,
    proof: sm2Signature(proof),
  })
  onStep('bound')
  return { deviceId, certificateSerial, bindingId }
}

/** Application, PIN, key pair and request. */
async function prepare(
  client: AnquClient,
  work: {
    card: ClientCard
    element: SecureElement
    pending: PendingBinding
    pin: Pin
    onStep: (step: BindingStep) => void
  },
): Promise<string> {
  const { card, element, pending, pin, onStep } = work
  await provisionCard(client, card, pending.bindingId, onStep)
  const { pinSet, containers } = await element.status()
  await (pinSet ? element.verifyPin(pin) : element.setPin(pin))
  // An earlier, unfinished or released binding leaves its container behind; a new pair needs a free name.
  if (containers > 0) await element.deleteContainer(paymentContainer, pin)
  await element.generateKeyPair(paymentContainer, pin)
  onStep('key-pair')
  const csr = await element.createCsr(paymentContainer, pending.subject, pin)
  onStep('request')
  return bytesToBase64(csr)
}
