export { createClient, type AnquClient, type Call } from './client.ts'
export { browserCarrier, nodeCarrier } from './carrier.ts'
export type { Carrier, Traffic, TransportOptions } from './sealed-transport.ts'
export { ConnectionLost, Refused } from './refused.ts'
export type { KeyboardPurpose, KeyboardView, SecretEntry, SecureEntry } from './secure-entry.ts'
export {
  bindDevice,
  paymentContainer,
  type BindingStep,
  type BoundDevice,
  type PendingBinding,
} from './bind-device.ts'
export { ClientCard } from './client-card.ts'
export { CardLocked, provisionCard, serveCard } from './card-script.ts'
export { renewCertificate, type RenewalStep } from './renew-certificate.ts'
export { stopDevice } from './stop-device.ts'
export { confirmOperation, readOrder, readReceipt, type ExpiryNotice } from './sign-order.ts'
export { loadInstanceKey, type SecretStore } from './instance-key.ts'
