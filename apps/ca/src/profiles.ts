import { EKU_CODE_SIGNING, EKU_SERVER_AUTH, type buildCertificate } from '@anqu/pki'
import { policy } from '@anqu/policy'

export type Profile = {
  readonly name: string
  readonly validMs: number
  readonly extensions: Parameters<typeof buildCertificate>[0]['extensions']
}

/**
 * The policy our financial certificates carry (B-7.3.2.2-6). The arc is the UUID-based one of ITU-T X.667, so that it can
 * be ours without a registration; a licensed CA puts its own here.
 */
export const financialPolicy = '2.25.331883459084026412375108362019514827763'

/** What each kind of certificate may be used for. Nothing a request asks for changes it. */
export const profiles = {
  customerSigning: {
    name: 'customer-signing',
    validMs: policy.certificate.validMs,
    extensions: {
      basicConstraints: { ca: false },
      keyUsage: ['digitalSignature', 'nonRepudiation'],
      policies: [financialPolicy],
    },
  },
  /** A channel server in the message protocol. */
  message: {
    name: 'server-message',
    validMs: 2 * policy.certificate.validMs,
    extensions: {
      basicConstraints: { ca: false },
      keyUsage: ['keyAgreement'],
      extKeyUsage: [EKU_SERVER_AUTH],
      subjectAltNames: [{ kind: 'dns', value: 'anqu-channel-message' }],
    },
  },
  /** Receipts and audit heads. */
  receipt: {
    name: 'server-receipt',
    validMs: 2 * policy.certificate.validMs,
    extensions: { basicConstraints: { ca: false }, keyUsage: ['digitalSignature', 'nonRepudiation'] },
  },
  /** Answers of the TSM. */
  'tsm-signature': {
    name: 'tsm-signature',
    validMs: 2 * policy.certificate.validMs,
    extensions: {
      basicConstraints: { ca: false },
      keyUsage: ['digitalSignature'],
      subjectAltNames: [{ kind: 'dns', value: 'anqu-tsm' }],
    },
  },
  /** What cards hand their transport keys over under. */
  'tsm-encryption': {
    name: 'tsm-encryption',
    validMs: 2 * policy.certificate.validMs,
    extensions: {
      basicConstraints: { ca: false },
      keyUsage: ['keyEncipherment', 'dataEncipherment'],
      subjectAltNames: [{ kind: 'dns', value: 'anqu-tsm' }],
    },
  },
  /** Publisher of packages for secure elements and of client software. */
  'se-publisher': {
    name: 'se-publisher',
    validMs: 2 * policy.certificate.validMs,
    extensions: {
      basicConstraints: { ca: false },
      keyUsage: ['digitalSignature'],
      extKeyUsage: [EKU_CODE_SIGNING],
    },
  },
} as const satisfies Record<string, Profile>

/** Which server certificates a caller may ask for: a stolen key of one process must not make it another. */
export const purposesOf: Readonly<Record<string, readonly string[]>> = {
  channel: ['message', 'receipt'],
  tsm: ['tsm-signature', 'tsm-encryption', 'se-publisher'],
}
