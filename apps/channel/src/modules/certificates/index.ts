export { createHttpAuthority } from './http-authority.ts'
export { createCertificates, type Certificates } from './module.ts'
export type {
  CertificateRequest,
  CertificationAuthority,
  IssuedCertificate,
  SignatureClaim,
  SignatureVerdict,
} from './authority.ts'
