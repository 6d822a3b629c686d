export { createHttpAuthority } from './http-authority.ts'
export { createCertificates, type Certificates } from './module.ts'
export {
  AuthorityUnavailable,
  type CertificateRequest,
  type CertificationAuthority,
  type IssuedCertificate,
  type SignatureClaim,
  type SignatureVerdict,
} from './authority.ts'
