export { encodeCommand, parseCommand, type CommandApdu } from './apdu/command.ts'
export { encodeResponse, parseResponse, type ResponseApdu } from './apdu/response.ts'
export { formatStatusWord, StatusError, StatusWord } from './apdu/status-word.ts'
export type {
  CertificateEntry,
  ContainerEntry,
  PairEntry,
  ServiceStatus,
} from './applets/security-service/answers.ts'
export {
  COMMANDS as SECURITY_SERVICE_COMMANDS,
  SECURITY_SERVICE_AID,
} from './applets/security-service/command-table.ts'
export type { KeyUsage } from './applets/security-service/container-record.ts'
export { PIN_LENGTH, PIN_TRIES } from './applets/security-service/pin-reference.ts'
export { AES, SM4, type BlockCipher } from './channel/block-cipher.ts'
export type { KeySet } from './channel/key-set.ts'
export { scp02Connection, type Scp02Options } from './channel/scp02-connection.ts'
export type { ChannelProfile, Scp02Profile } from './channel/secure-channel.ts'
export { securedConnection } from './channel/secured-connection.ts'
export type { ChannelKeys } from './channel/session-keys.ts'
export { createCard, type CardOptions } from './create-card.ts'
export { SecureElement, type InstalledCertificateEntry, type Pin } from './host/secure-element.ts'
export { SecureElementError, type SecureElementErrorCode } from './host/secure-element-error.ts'
export type { Card } from './runtime/card.ts'
export { encodeLoadFile, parseLoadFile, type LoadFile } from './runtime/load-file.ts'
export {
  CardStorageError,
  type CardStorage,
  type CardStorageErrorCode,
  type ImageSlot,
} from './storage/card-storage.ts'
export { MemoryCard, memoryCardStorage } from './storage/memory-card-storage.ts'
export { CardConnectionLost, type CardConnection } from './transports/card-connection.ts'
export { connectCard, serveCard, type MessageEndpoint } from './transports/message-port.ts'
