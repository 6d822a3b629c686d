export type { CertificateState, LifeCycle } from './life-cycle.ts'
export type {
  CertificateRequest,
  CertificationAuthority,
  IssuedCertificate,
  SignatureClaim,
  SignatureVerdict,
} from './authority.ts'
export type { AuthorityOverview } from './authority-overview.ts'
export { createStatusAnswers } from './status-answers.ts'
export { AuthorityUnavailable } from './authority.ts'
export { connectHttpAuthority } from './http-authority.ts'
export { notOffered } from './not-offered.ts'
export { createThirdPartyAuthority } from './third-party-authority.ts'
export { createCertificates, type Certificates } from './module.ts'
