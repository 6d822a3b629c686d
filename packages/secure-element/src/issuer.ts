/** For systems of the issuer (a TSM): commands of card management and personalisation. */
export { CLIENT_VERSIONS } from './channel/key-set.ts'
export {
  accessRulesData,
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
