import { z } from 'zod'
import { holderSignature } from '../holder-signature.ts'
import { route } from '../route.ts'
import { atMs, base64, environment, id, otp, secretEntry, shortText } from '../values.ts'

export const nameAttribute = z.strictObject({
  type: z.enum(['CN', 'O', 'OU', 'C', 'serialNumber']),
  value: z.string().min(1).max(128),
})

export const devicesBeginBinding = route({
  name: 'devices.begin-binding',
  path: '/api/v1/devices/begin-binding',
  audience: 'customer',
  session: 'required',
  zh: '开始绑定设备',
  en: 'Start binding this device',
  input: z.strictObject({ environment, label: shortText, otpId: id, otp }),
  output: z.strictObject({
    bindingId: id,
    /** Subject the certificate request must carry; pseudonymous, no personal data (B-6.2.2-2). */
    subject: z.array(nameAttribute).min(1).max(8),
    expiresAtMs: atMs,
  }),
  clauses: ['B-6.2.2-2', 'C-6.3.3-b-s3', 'A-6.6-1'],
})

export const devicesRequestCertificate = route({
  name: 'devices.request-certificate',
  path: '/api/v1/devices/request-certificate',
  audience: 'customer',
  session: 'required',
  zh: '申请证书',
  en: 'Ask for the certificate',
  input: z.strictObject({ bindingId: id, csr: base64(4096) }),
  output: z.strictObject({ certificate: base64(8192), chain: z.array(base64(8192)).max(4) }),
  clauses: ['B-6.2.2-2', 'B-5.4.1-3', 'B-7.3.1.2-1'],
})

export const devicesCompleteBinding = route({
  name: 'devices.complete-binding',
  path: '/api/v1/devices/complete-binding',
  audience: 'customer',
  session: 'required',
  zh: '完成绑定',
  en: 'Finish binding',
  input: z.strictObject({
    bindingId: id,
    certificateSerial: z.string().regex(/^[0-9a-f]{8,40}$/),
    /** SE signature over `bindingProof(bindingId, certificateSerial)`: the installed pair works. */
    proof: holderSignature,
  }),
  output: z.strictObject({ deviceId: id }),
  clauses: ['B-6.2.2-2', 'B-7.5.1.3-1', 'B-7.3.1.2-2'],
})

export const devicesList = route({
  name: 'devices.list',
  path: '/api/v1/devices/list',
  audience: 'customer',
  session: 'required',
  zh: '我的设备',
  en: 'My devices',
  input: z.strictObject({}),
  output: z.strictObject({
    devices: z
      .array(
        z.strictObject({
          deviceId: id,
          label: z.string(),
          boundAtMs: atMs,
          lastSeenAtMs: atMs,
          current: z.boolean(),
          certificateSerial: z.string(),
          certificateExpiresAtMs: atMs,
          state: z.enum(['active', 'released']),
        }),
      )
      .max(20),
  }),
  clauses: ['C-6.3.1-g'],
})

/** Why the holder gives a device up, in the words the app offers. */
export const releaseReason = z.enum(['lost', 'exposed', 'replaced', 'unused'])

/**
 * How the holder proves that it is his wish: by the device's own key under the PIN, or, where the secure element is out of
 * reach, by the transaction password or a code.
 */
export const holderFactor = z.discriminatedUnion('kind', [
  /** Over `releaseOrder(deviceId, certificateSerial, reason)`. */
  z.strictObject({ kind: z.literal('signature'), signature: holderSignature }),
  z.strictObject({ kind: z.literal('password'), secret: secretEntry }),
  z.strictObject({ kind: z.literal('otp'), otpId: id, otp }),
])

export const devicesRelease = route({
  name: 'devices.release',
  path: '/api/v1/devices/release',
  audience: 'customer',
  session: 'required',
  zh: '解除绑定、停用证书（含挂失）',
  en: 'Release a device and its certificate, lost ones too',
  input: z.strictObject({ deviceId: id, reason: releaseReason, factor: holderFactor }),
  output: z.strictObject({ released: z.literal(true) }),
  clauses: ['C-6.3.1-g', 'B-6.2.4-3', 'B-6.2.4-4', 'B-6.2.4-5'],
})
