import { devicesRelease, releaseOrder, sm2Signature, type InputOf } from '@anqu/contract'
import type { Pin, SecureElement } from '@anqu/secure-element'
import { paymentContainer } from './bind-device.ts'
import type { AnquClient } from './client.ts'

/**
 * B-6.2.4-5 at the device itself: both systems are told by a wish that its own key signed, and once that is queued there for
 * good, certificate and key are destroyed under the PIN. A lost device is released by `devices.release` from another one.
 */
export async function stopDevice(
  client: AnquClient,
  element: SecureElement,
  given: {
    readonly deviceId: string
    readonly certificateSerial: string
    readonly reason: InputOf<typeof devicesRelease>['reason']
    readonly pin: Pin
  },
): Promise<void> {
  const { deviceId, certificateSerial, reason, pin } = given
  const order = releaseOrder(deviceId, certificateSerial, reason)
  const signature = sm2Signature(await element.sign(paymentContainer, pin, order))
  await client.call(devicesRelease, { deviceId, reason, factor: { kind: 'signature', signature } })
  await element.deleteContainer(paymentContainer, pin)
}
