import { z } from 'zod'
import { route } from '../route.ts'
import { atMs, base64, environment, id, otp, shortText } from '../values.ts'

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
    proof: base64(64),
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

export const devicesRelease = route({
  name: 'devices.release',
  path: '/api/v1/devices/release',
  audience: 'customer',
  session: 'required',
  zh: '解除绑定（含挂失）',
  en: 'Release a device, lost ones too',
  input: z.strictObject({ deviceId: id }),
  output: z.strictObject({ released: z.literal(true) }),
  clauses: ['C-6.3.1-g', 'B-6.2.4-3', 'B-6.2.4-4'],
})
