import { renewCertificate, stopDevice, type AnquClient, type RenewalStep } from '@anqu/client'
import type { Certificate } from '@anqu/pki'
import type { SecureElement } from '@anqu/secure-element'
import type { RenewalRequest, StopRequest } from './channel-api.ts'

/** Which step is under way once the SDK reported one as done. */
const stepAfter = {
  begun: 2,
  'key-pair': 3,
  request: 4,
  issued: 5,
  installed: 6,
  completed: 7,
} as const satisfies Record<RenewalStep, number>

type Tools = { readonly client: AnquClient; readonly element: SecureElement }

/** Renews the certificate of this device, or goes on. The PIN's bytes are wiped whatever happens. */
export async function renewOwnCertificate(
  { certificateSerial, pin, onStep }: RenewalRequest,
  { client, element, anchors, nowMs }: Tools & { anchors: readonly Certificate[]; nowMs: number },
): Promise<void> {
  try {
    await renewCertificate(client, element, {
      certificateSerial,
      pin,
      anchors,
      nowMs,
      onStep: (step) => onStep(stepAfter[step]),
    })
  } finally {
    pin.fill(0)
  }
}

/** Gives this device up: at both systems first, then in the card. */
export async function stopOwnDevice(request: StopRequest, { client, element }: Tools): Promise<void> {
  try {
    await stopDevice(client, element, request)
  } finally {
    request.pin.fill(0)
  }
}
