import {
  EKU_CLIENT_AUTH,
  EKU_CODE_SIGNING,
  EKU_OCSP_SIGNING,
  EKU_SERVER_AUTH,
  type ExtensionRequest,
  type KeyUsage,
} from '@anqu/pki'
import { policy } from '@anqu/policy'
import type { z } from 'zod'
import type { profileName, profileParameters } from '../api/officers.ts'
import type { serverRequest } from '../api/schemas.ts'

export type ProfileName = z.infer<typeof profileName>
export type ProfileParameters = z.infer<typeof profileParameters>
type ChangeableUsage = ProfileParameters['keyUsage'][number]

/** What no number of officers changes: a signing certificate never encrypts, a server's never signs code. */
export type ProfileLimits = {
  readonly maxValidDays: number
  readonly requiredKeyUsage: readonly ChangeableUsage[]
  readonly allowedKeyUsage: readonly ChangeableUsage[]
  readonly fixed: Pick<ExtensionRequest, 'extKeyUsage' | 'subjectAltNames' | 'policies' | 'ocspNoCheck'>
  readonly first: ProfileParameters
  /** Whether two officers may allow transitional algorithms for a time; only for keys of others that sign. */
  readonly mayBeTransitional?: true
}

/** A profile as it stands now. */
export type Profile = {
  readonly name: ProfileName
  readonly version: number
  readonly parameters: ProfileParameters
}

/**
 * The policy our financial certificates carry (B-7.3.2.2-6). The arc is the UUID-based one of ITU-T X.667, so that it can
 * be ours without a registration; a licensed CA puts its own here.
 */
export const financialPolicy = '2.25.331883459084026412375108362019514827763'

const dayMs = 86_400_000
const validDays = policy.certificate.validMs / dayMs
const nearExpiryDays = policy.certificate.nearExpiryMs / dayMs
const signing: readonly KeyUsage[] & readonly ChangeableUsage[] = ['digitalSignature', 'nonRepudiation']

const tsmName = [{ kind: 'dns', value: 'anqu-tsm' }] as const

export const profileLimits: Readonly<Record<ProfileName, ProfileLimits>> = {
  'customer-signing': {
    maxValidDays: 5 * 366,
    // B-7.3.2.1-1: the mark for electronic signatures.
    requiredKeyUsage: ['digitalSignature'],
    allowedKeyUsage: signing,
    fixed: { policies: [financialPolicy] },
    first: { validDays, nearExpiryDays, keyUsage: [...signing] },
    mayBeTransitional: true,
  },
  'customer-encryption': {
    maxValidDays: 5 * 366,
    // B-7.3.3.3-1: the mark for data encryption. A key that decrypts never signs.
    requiredKeyUsage: ['dataEncipherment'],
    allowedKeyUsage: ['keyEncipherment', 'dataEncipherment', 'keyAgreement'],
    fixed: { policies: [financialPolicy] },
    first: { validDays, nearExpiryDays, keyUsage: ['keyEncipherment', 'dataEncipherment'] },
  },
  // A channel server in the message protocol.
  'server-message': {
    maxValidDays: 10 * 366,
    requiredKeyUsage: ['keyAgreement'],
    allowedKeyUsage: ['keyAgreement', 'keyEncipherment'],
    fixed: {
      extKeyUsage: [EKU_SERVER_AUTH],
      subjectAltNames: [{ kind: 'dns', value: 'anqu-channel-message' }],
    },
    first: { validDays: 2 * validDays, nearExpiryDays, keyUsage: ['keyAgreement'] },
  },
  // What customers encrypt transaction data to (B-5.4.1-9).
  'server-encryption': {
    maxValidDays: 3 * 366,
    requiredKeyUsage: ['dataEncipherment'],
    allowedKeyUsage: ['keyEncipherment', 'dataEncipherment'],
    fixed: {
      extKeyUsage: [EKU_SERVER_AUTH],
      subjectAltNames: [{ kind: 'dns', value: 'anqu-channel-message' }],
    },
    first: { validDays, nearExpiryDays, keyUsage: ['keyEncipherment', 'dataEncipherment'] },
  },
  // Receipts and audit heads.
  'server-receipt': {
    maxValidDays: 10 * 366,
    requiredKeyUsage: ['digitalSignature'],
    allowedKeyUsage: signing,
    fixed: {},
    first: { validDays: 2 * validDays, nearExpiryDays, keyUsage: [...signing] },
  },
  staff: {
    maxValidDays: 3 * 366,
    requiredKeyUsage: ['digitalSignature'],
    allowedKeyUsage: signing,
    fixed: { extKeyUsage: [EKU_CLIENT_AUTH] },
    first: { validDays: 365, nearExpiryDays, keyUsage: ['digitalSignature'] },
  },
  // Publisher of the mobile app's packages.
  'client-code-signing': {
    maxValidDays: 3 * 366,
    requiredKeyUsage: ['digitalSignature'],
    allowedKeyUsage: ['digitalSignature'],
    // Those who publish for secure elements sign code too; the name keeps them apart.
    fixed: {
      extKeyUsage: [EKU_CODE_SIGNING],
      subjectAltNames: [{ kind: 'dns', value: 'anqu-mobile' }],
    },
    first: { validDays: 365, nearExpiryDays, keyUsage: ['digitalSignature'] },
  },
  // Answers of the TSM.
  'tsm-signature': {
    maxValidDays: 10 * 366,
    requiredKeyUsage: ['digitalSignature'],
    allowedKeyUsage: signing,
    fixed: { subjectAltNames: tsmName },
    first: { validDays: 2 * validDays, nearExpiryDays, keyUsage: ['digitalSignature'] },
  },
  // What cards hand their transport keys over under.
  'tsm-encryption': {
    maxValidDays: 10 * 366,
    requiredKeyUsage: ['keyEncipherment'],
    allowedKeyUsage: ['keyEncipherment', 'dataEncipherment', 'keyAgreement'],
    fixed: { subjectAltNames: tsmName },
    first: { validDays: 2 * validDays, nearExpiryDays, keyUsage: ['keyEncipherment', 'dataEncipherment'] },
  },
  // Publisher of packages for secure elements.
  'se-publisher': {
    maxValidDays: 10 * 366,
    requiredKeyUsage: ['digitalSignature'],
    allowedKeyUsage: ['digitalSignature'],
    fixed: { extKeyUsage: [EKU_CODE_SIGNING] },
    first: { validDays: 2 * validDays, nearExpiryDays, keyUsage: ['digitalSignature'] },
  },
  // The CA's own responder. Nobody asks for the state of its certificate, so that it lives for weeks only.
  'ocsp-signing': {
    maxValidDays: 90,
    requiredKeyUsage: ['digitalSignature'],
    allowedKeyUsage: ['digitalSignature'],
    fixed: { extKeyUsage: [EKU_OCSP_SIGNING], ocspNoCheck: true },
    first: { validDays: 30, nearExpiryDays: 10, keyUsage: ['digitalSignature'] },
  },
}

type ServerPurpose = z.infer<typeof serverRequest>['purpose']
export const profileOfPurpose: Readonly<Record<ServerPurpose, ProfileName>> = {
  message: 'server-message',
  receipt: 'server-receipt',
  encryption: 'server-encryption',
  'tsm-signature': 'tsm-signature',
  'tsm-encryption': 'tsm-encryption',
  'se-publisher': 'se-publisher',
  'client-code-signing': 'client-code-signing',
}

/** Which server certificates a caller may ask for: a stolen key of one process must not make it another. */
export const purposesOf: Readonly<Record<string, readonly ServerPurpose[]>> = {
  channel: ['message', 'receipt', 'encryption'],
  tsm: ['tsm-signature', 'tsm-encryption', 'se-publisher'],
  publisher: ['client-code-signing'],
}

export const profileNames = Object.keys(profileLimits) as ProfileName[] // the keys are the names, by the type above

/** Nothing a request asks for changes it. `places` say where the state is found, for those whose state may be asked. */
export function extensionsOf({ name, parameters }: Profile, places: ExtensionRequest): ExtensionRequest {
  const { fixed } = profileLimits[name]
  return {
    basicConstraints: { ca: false },
    keyUsage: parameters.keyUsage,
    ...fixed,
    ...(fixed.ocspNoCheck ? {} : places),
  }
}

export const validMsOf = ({ parameters }: Profile): number => parameters.validDays * dayMs
export const nearExpiryMsOf = ({ parameters }: Profile): number => parameters.nearExpiryDays * dayMs

/** Why these parameters are beyond the limits of the profile, undefined when they are not. */
export function problemWith(name: ProfileName, parameters: ProfileParameters): string | undefined {
  const { maxValidDays, requiredKeyUsage, allowedKeyUsage } = profileLimits[name]
  const { validDays: days, nearExpiryDays: near, keyUsage } = parameters
  if (days > maxValidDays) return `valid for more than ${maxValidDays} days`
  if (near >= days) return 'near expiry from its first day'
  if (new Set(keyUsage).size !== keyUsage.length) return 'a usage twice'
  const missing = requiredKeyUsage.find((usage) => !keyUsage.includes(usage))
  if (missing !== undefined) return `without ${missing}`
  const excess = keyUsage.find((usage) => !allowedKeyUsage.includes(usage))
  if (excess !== undefined) return `with ${excess}`
  const named = (parameters.transitional ?? []).map(({ algorithm }) => algorithm)
  if (named.length > 0 && !profileLimits[name].mayBeTransitional) return `with ${named.join()}`
  return new Set(named).size === named.length ? undefined : 'an algorithm twice'
}
