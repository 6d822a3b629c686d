/** For systems of the issuer (a TSM): commands, sessions and answers of card management and personalisation. */
export { CLIENT_VERSIONS } from './channel/key-set.ts'
export {
  accessRulesData,
  clientCommandFilters,
  commandFilter,
  deleteAccessRulesData,
  deleteKeySet,
  installForPersonalisation,
  installForReplacement,
  resetPin,
  resettingCodeData,
  storeData,
} from './issuer/personalisation.ts'
export type { AccessRule, ApduFilter } from './runtime/access-rule.ts'
export {
  encodeClientBinding,
  encodeClientStatement,
  type ClientBindingRequest,
  type ClientStatement,
} from './runtime/client-binding.ts'
export {
  deleteObject,
  getKeyInformation,
  getPublisherKey,
  getStatus,
  installApplication,
  loadPackage,
  putKey,
  putPublisherKey,
  selectIssuer,
  setApplicationLock,
  setCardState,
} from './issuer/commands.ts'
export {
  parseKeyVersions,
  parsePublisherKey,
  parseStatusEntries,
  type StatusEntry,
} from './issuer/answers.ts'
export {
  initializeUpdate,
  IssuerSession,
  newHostChallenge,
  parseOpening,
  type CardOpening,
} from './issuer/issuer-session.ts'
export {
  handOverTransportKeys,
  openTransportKeys,
  sealTransportKeys,
  TRANSPORT_VERSION,
} from './channel/transport-envelope.ts'
export type { SessionPosition } from './channel/channel-session.ts'
