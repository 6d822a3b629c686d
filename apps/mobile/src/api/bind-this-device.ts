import { bindDevice, type AnquClient, type BindingStep } from '@anqu/client'
import type { Certificate } from '@anqu/pki'
import type { SecureElement } from '@anqu/secure-element'
import { readEnvironment } from '../features/environment.ts'
import type { BindingRequest } from './channel-api.ts'

/** Which of the ten steps of B-6.2.2 is under way once the SDK reported one as done. */
export const stepAfter = {
  authenticated: 2,
  'key-pair': 3,
  request: 4,
  submitted: 5,
  issued: 7,
  checked: 8,
  installed: 10,
  proven: 10,
  bound: 11,
} as const satisfies Record<BindingStep, number>

type BindingTools = {
  readonly client: AnquClient
  readonly element: SecureElement
  readonly anchors: readonly Certificate[]
  readonly nowMs: number
}

/** Sets the PIN on a fresh card, then runs the binding. The PIN's bytes are wiped whatever happens. */
export async function bindThisDevice(
  request: BindingRequest,
  { client, element, anchors, nowMs }: BindingTools,
): Promise<{ readonly deviceId: string }> {
  const { label, otpId, otp, pin, onStep } = request
  try {
    const { pinSet } = await element.status()
    if (!pinSet) await element.setPin(pin)
    else await element.verifyPin(pin)
    const begin = { label, otpId, otp, environment: readEnvironment() }
    const trust = { anchors, nowMs }
    const given = {
      pin: new TextDecoder().decode(pin),
      onStep: (step: BindingStep) => onStep(stepAfter[step]),
    }
    return await bindDevice(client, element, { ...begin, ...trust, ...given })
  } finally {
    pin.fill(0)
  }
}
