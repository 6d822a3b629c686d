import {
  bindingProof,
  devicesBeginBinding,
  devicesCompleteBinding,
  devicesRequestCertificate,
  type InputOf,
} from '@anqu/contract'
import { base64ToBytes, bytesToBase64 } from '@anqu/encoding'
import { parseCertificate, validateChain, type Certificate } from '@anqu/pki'
import type { Pin, SecureElement } from '@anqu/secure-element'
import type { AnquClient } from './client.ts'

/** The one container of this application's signing pair. */
export const paymentContainer = 'anqu-payment'

export type BindingStep =
  | 'authenticated'
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

/**
 * The ten steps of B-6.2.2-2 from the client's side: authenticated by session and code, pair and request made inside the
 * secure element, certificate from the CA through the channel, checked against the pinned root, installed, proven.
 */
export async function bindDevice(
  client: AnquClient,
  element: SecureElement,
  given: InputOf<typeof devicesBeginBinding> & {
    pin: Pin
    anchors: readonly Certificate[]
    nowMs: number
    onStep?: (step: BindingStep) => void
  },
): Promise<BoundDevice> {
  const { pin, anchors, nowMs, onStep = () => undefined, ...begin } = given
  const binding = await client.call(devicesBeginBinding, begin)
  onStep('authenticated')
  await prepareContainer(element, pin)
  await element.generateKeyPair(paymentContainer, pin)
  onStep('key-pair')
  const csr = await element.createCsr(paymentContainer, binding.subject, pin)
  onStep('request')
  const answer = client.call(devicesRequestCertificate, {
    bindingId: binding.bindingId,
    csr: bytesToBase64(csr),
  })
  onStep('submitted')
  const issued = await answer
  onStep('issued')
  const der = base64ToBytes(issued.certificate)
  const certificate = parseCertificate(der)
  const intermediates = issued.chain.map((text) => parseCertificate(base64ToBytes(text)))
  const verdict = validateChain({
    leaf: certificate,
    intermediates,
    anchors,
    atMs: nowMs,
    usage: { keyUsage: ['digitalSignature'] },
  })
  if (!verdict.ok) throw new Error(`the certificate does not lead to the pinned root: ${verdict.rule}`)
  onStep('checked')
  await element.installCertificate(paymentContainer, der)
  onStep('installed')
  const certificateSerial = certificate.serialHex
  const proof = await element.sign(paymentContainer, pin, bindingProof(binding.bindingId, certificateSerial))
  onStep('proven')
  const { deviceId } = await client.call(devicesCompleteBinding, {
    bindingId: binding.bindingId,
    certificateSerial,
    proof: bytesToBase64(proof),
  })
  onStep('bound')
  return { deviceId, certificateSerial, bindingId: binding.bindingId }
}

/** An earlier, unfinished or released binding leaves its container behind; a new pair needs a free name. */
async function prepareContainer(element: SecureElement, pin: Pin): Promise<void> {
  const { containers } = await element.status()
  if (containers > 0) await element.deleteContainer(paymentContainer, pin)
}
