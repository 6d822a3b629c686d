export {
  keyAlgorithmOf,
  problemWithKey,
  problemWithNames,
  transitionalAlgorithms,
  transitionalScheme,
  type AlgorithmPolicy,
  type ForeignSignature,
  type TransitionalAlgorithm,
} from './algorithm-policy.ts'
export {
  isSm2WithSm3,
  signedToDer,
  verifyDerSignature,
  type AlgorithmIdentifier,
  type PublicKeyInfo,
} from './algorithm.ts'
export {
  buildCertificate,
  keyIdentifier,
  type CertificateRequest,
  type ExtensionRequest,
} from './certificate/build-certificate.ts'
export { Certificate, parseCertificate, verifyCertificateSignature } from './certificate/certificate.ts'
export type { AuthorityKeyId, BasicConstraints, Extensions } from './certificate/extensions.ts'
export type { KeyUsage } from './certificate/key-usage.ts'
export type { NameConstraints } from './certificate/name-constraints.ts'
export type { PolicyConstraints, PolicyMapping } from './certificate/policy-extensions.ts'
export { randomSerial } from './certificate/serial.ts'
export type { AttributeType } from './name/attribute-types.ts'
export type { GeneralName } from './name/general-name.ts'
export {
  encodeName,
  equalNames,
  formatName,
  nameValue,
  parseName,
  type Name,
  type NameAttribute,
} from './name/name.ts'
export {
  EKU_ANY,
  EKU_CLIENT_AUTH,
  EKU_CODE_SIGNING,
  EKU_EMAIL_PROTECTION,
  EKU_OCSP_SIGNING,
  EKU_SERVER_AUTH,
  EKU_TIME_STAMPING,
  OID_ANY_POLICY,
  OID_SM2_CURVE,
  OID_SM2_WITH_SM3,
  OID_SM3,
} from './oids.ts'
export { chainRules, type ChainFailure, type ChainRule } from './path/chain-rules.ts'
export type { PolicyInputs } from './path/policy-rules.ts'
export {
  validateChain,
  validateChainAsync,
  type AsyncChainInput,
  type ChainInput,
  type ChainLimits,
  type ChainQuestion,
  type ChainResult,
  type ChainUsage,
} from './path/validate-chain.ts'
export { certIdKey, certIdOf, type CertId } from './ocsp/cert-id.ts'
export {
  createOcspRequest,
  ocspRequestFromPath,
  ocspRequestToPath,
  parseOcspRequest,
  type OcspRequest,
} from './ocsp/ocsp-request.ts'
export {
  buildOcspError,
  buildOcspResponse,
  parseOcspResponse,
  type OcspAnswer,
  type OcspError,
  type OcspResponse,
  type OcspResponseRequest,
  type OcspStatus,
  type ParsedOcspResponse,
} from './ocsp/ocsp-response.ts'
export { verifyOcspResponse, type OcspCheck, type OcspVerdict } from './ocsp/verify-ocsp-response.ts'
export { PkiError, type PkiErrorCode } from './pki-error.ts'
export { buildCrl, type CrlRequest } from './revocation/build-crl.ts'
export { CrlEntries, type RevokedSerial } from './revocation/crl-entries.ts'
export type { DistributionPoint, PointName } from './revocation/distribution-point.ts'
export { checkPathRevocation, type PathRevocationInput } from './revocation/check-path-revocation.ts'
export {
  checkRevocation,
  checkRevocationAsync,
  type AsyncRevocationQuestion,
  type RevocationQuestion,
  type RevocationStatus,
} from './revocation/check-revocation.ts'
export { Crl, parseCrl, verifyCrlSignature, type RevokedEntry } from './revocation/crl.ts'
export type { CrlScope } from './revocation/issuing-distribution-point.ts'
export type { RevocationReason } from './revocation/reason.ts'
export { createCsr, parseCsr, readCsr, verifyCsr, type Csr, type CsrContent } from './request/csr.ts'
export { privateKeySigner, type Signer } from './signer.ts'
export { verifyTransitional } from './signature-check.ts'
export { webCryptoVerifier } from './web-crypto-verifier.ts'
export { cmsRules, type CmsFailure, type CmsRule } from './cms/cms-failure.ts'
export type { Recipient, RecipientInfo } from './cms/content-encryption.ts'
export type { CmsFamily } from './cms/content-types.ts'
export { sealDigitalEnvelope, type DigitalEnvelopeRequest } from './cms/digital-envelope.ts'
export { openEnvelopedData, parseEnvelopedData, type EnvelopedData } from './cms/enveloped-data.ts'
export {
  buildEnvelopedKey,
  openEnvelopedKey,
  parseEnvelopedKey,
  type EnvelopedKey,
} from './cms/enveloped-key.ts'
export {
  openSignedAndEnvelopedData,
  parseSignedAndEnvelopedData,
  type SignedAndEnvelopedData,
} from './cms/signed-and-enveloped-data.ts'
export {
  buildSignedData,
  parseSignedData,
  type SignedData,
  type SignedDataRequest,
} from './cms/signed-data.ts'
export type { CmsSigner, SignerInfo } from './cms/signer-info.ts'
export {
  verifySignedData,
  type SignedDataCheck,
  type SignedDataVerdict,
  type SignerTrust,
  type StatusCheck,
  type VerifiedSigner,
} from './cms/verify-signed-data.ts'
