export type { ChannelStore } from './channel-store.ts'
export type { ClientChannel } from './client-channel.ts'
export { createMessageClient, type MessageClient, type MessageClientOptions } from './client.ts'
export type { Clock } from './clock.ts'
export { MessageError, type MessageErrorCode } from './errors.ts'
export { DEFAULT_LIMITS, type ChannelLimits } from './limits.ts'
export { createMemoryChannelStore } from './memory-channel-store.ts'
export type { OpenedRecord } from './server-records.ts'
export { goodServerCertificate, trustedServerCertificate, type ServerTrust } from './server-certificate.ts'
export { createMessageServer, type MessageServer, type MessageServerOptions } from './server.ts'
export { agreeWith, type ServerAgreement } from './agreement.ts'
export {
  acceptTapOffer,
  createTapPad,
  openTaps,
  type SealedTaps,
  type SealingPad,
  type TapOffer,
  type TapPad,
} from './tap-pad.ts'
