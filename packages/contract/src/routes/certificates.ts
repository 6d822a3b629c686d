import { z } from 'zod'
import { holderSignature } from '../holder-signature.ts'
import { route } from '../route.ts'
import { atMs, base64, id, otp, secretEntry } from '../values.ts'
import { nameAttribute } from './devices.ts'

const serial = z.string().regex(/^[0-9a-f]{8,40}$/)
const issued = z.strictObject({ certificate: base64(8192), chain: z.array(base64(8192)).max(4) })

/** Told when a certificate soon runs out: time to renew it (B-6.2.3-2, B-6.2.3-3). */
export const expiryNotice = z.strictObject({
  certificateSerial: serial,
  expiresAtMs: atMs,
  daysLeft: z.int().nonnegative(),
})

export const certificatesList = route({
  name: 'certificates.list',
  path: '/api/v1/certificates/list',
  audience: 'customer',
  session: 'required',
  zh: '我的证书',
  en: 'My certificates',
  input: z.strictObject({}),
  output: z.strictObject({
    certificates: z
      .array(
        z.strictObject({
          deviceId: id,
          label: z.string(),
          /** Of the device that asks. */
          current: z.boolean(),
          certificateSerial: serial,
          boundAtMs: atMs,
          expiresAtMs: atMs,
          daysLeft: z.int().nonnegative(),
          state: z.enum(['good', 'suspended', 'expired', 'revoked']),
          nearExpiry: z.boolean(),
          /** A renewal was begun here and can be gone on with. */
          renewing: z.boolean(),
        }),
      )
      .max(20),
  }),
  clauses: ['B-6.2.3-2', 'B-6.2.3-3'],
})

export const certificatesBeginRenewal = route({
  name: 'certificates.begin-renewal',
  path: '/api/v1/certificates/begin-renewal',
  audience: 'customer',
  session: 'required',
  zh: '开始更新证书',
  en: 'Start renewing the certificate, or go on',
  /** The certificate to renew; one that was renewed already answers with that renewal. `instead` gives up a lost key's. */
  input: z.strictObject({ certificateSerial: serial, instead: id.optional() }),
  output: z.strictObject({
    renewalId: id,
    /** The certificate that is renewed. */
    certificateSerial: serial,
    subject: z.array(nameAttribute).min(1).max(8),
    /** What was issued already, for going on after a cut. */
    issued: issued.nullable(),
  }),
  clauses: ['B-6.2.3-1', 'B-6.2.3-3'],
})

export const certificatesRenew = route({
  name: 'certificates.renew',
  path: '/api/v1/certificates/renew',
  audience: 'customer',
  session: 'required',
  zh: '申请新证书',
  en: 'Ask for the new certificate',
  input: z.strictObject({
    renewalId: id,
    csr: base64(4096),
    /** By the key in use, over `renewalOrder(renewalId, certificateSerial, csr)`: the holder asks for it. */
    signature: holderSignature,
  }),
  output: issued,
  clauses: ['B-6.2.3-3', 'B-6.2.3-4', 'B-7.3.1.3-1'],
})

export const certificatesCompleteRenewal = route({
  name: 'certificates.complete-renewal',
  path: '/api/v1/certificates/complete-renewal',
  audience: 'customer',
  session: 'required',
  zh: '完成证书更新',
  en: 'The new certificate is installed',
  input: z.strictObject({
    renewalId: id,
    certificateSerial: serial,
    /** By the new key, over `renewalProof(renewalId, certificateSerial)`: the installed pair works. */
    proof: holderSignature,
  }),
  output: z.strictObject({ certificateSerial: serial, expiresAtMs: atMs }),
  clauses: ['B-6.2.3-4', 'B-7.3.1.2-1'],
})

export const certificatesSuspend = route({
  name: 'certificates.suspend',
  path: '/api/v1/certificates/suspend',
  audience: 'customer',
  session: 'required',
  zh: '暂停使用证书',
  en: 'Put the certificate of a device on hold',
  input: z.strictObject({ deviceId: id, secret: secretEntry }),
  output: z.strictObject({ suspended: z.literal(true) }),
  clauses: ['B-7.3.2.2-7'],
})

export const certificatesResume = route({
  name: 'certificates.resume',
  path: '/api/v1/certificates/resume',
  audience: 'customer',
  session: 'required',
  zh: '恢复使用证书',
  en: 'Lift the hold',
  /** Both factors: whoever found the phone may receive its messages. */
  input: z.strictObject({ deviceId: id, secret: secretEntry, otpId: id, otp }),
  output: z.strictObject({ resumed: z.literal(true) }),
  clauses: ['B-7.3.2.2-7'],
})
