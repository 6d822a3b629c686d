import type { OutputOf, staffCertificate } from '@anqu/contract'
import type { Tone } from '@anqu/ui'
import { certificateTexts } from './certificate-texts.ts'

type Key = keyof typeof certificateTexts.zh
export type CertificateStatus = OutputOf<typeof staffCertificate>['certificate']['status']

export const statusTones: Readonly<Record<CertificateStatus, Tone>> = {
  good: 'good',
  suspended: 'warn',
  revoked: 'danger',
  expired: 'plain',
  unknown: 'plain',
}

/** Profiles of the built-in CA; another one is shown by its own name. */
export const profileNames: Readonly<Record<string, { readonly zh: string; readonly en: string }>> = {
  'customer-signing': { zh: '客户签名', en: 'Customer signing' },
  'customer-encryption': { zh: '客户加密', en: 'Customer encryption' },
  'server-message': { zh: '服务器报文', en: 'Server messages' },
  'server-receipt': { zh: '服务器回执', en: 'Server receipts' },
  'server-encryption': { zh: '服务器加密', en: 'Server encryption' },
  staff: { zh: '员工', en: 'Staff' },
  'client-code-signing': { zh: '客户端代码签名', en: 'Client code signing' },
  'tsm-signature': { zh: 'TSM 签名', en: 'TSM signature' },
  'tsm-encryption': { zh: 'TSM 加密', en: 'TSM encryption' },
  'se-publisher': { zh: '安全单元应用发布者', en: 'SE publisher' },
  'ocsp-signing': { zh: '状态应答签名', en: 'OCSP signing' },
}

/** What an operator may choose, the usual one first. */
export const reasonKeys = {
  keyCompromise: 'reasonKeyCompromise',
  cessationOfOperation: 'reasonCessationOfOperation',
  privilegeWithdrawn: 'reasonPrivilegeWithdrawn',
  affiliationChanged: 'reasonAffiliationChanged',
  superseded: 'reasonSuperseded',
  unspecified: 'reasonUnspecified',
} as const satisfies Record<string, Key>

const shownReasons: Readonly<Record<string, Key>> = {
  ...reasonKeys,
  certificateHold: 'reasonCertificateHold',
}
const whoKeys: Readonly<Record<string, Key>> = {
  customer: 'byCustomer',
  channel: 'byChannel',
  operator: 'byOperator',
}
const eventKeys: Readonly<Record<string, Key>> = {
  issued: 'eventIssued',
  installed: 'eventInstalled',
  revoked: 'eventRevoked',
  suspended: 'eventSuspended',
  resumed: 'eventResumed',
  proposed: 'eventProposed',
  approved: 'eventApproved',
  rejected: 'eventRejected',
}

type Translate = (key: Key) => string
const wordOr = (keys: Readonly<Record<string, Key>>) => (t: Translate, word: string) => {
  const key = keys[word]
  return key === undefined ? word : t(key)
}

/** Words of the CA in the reader's language; one that is not known is shown as it is. */
export const reasonWord = wordOr(shownReasons)
export const whoWord = wordOr(whoKeys)
export const eventWord = wordOr(eventKeys)
