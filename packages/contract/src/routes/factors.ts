import { z } from 'zod'
import { route } from '../route.ts'
import { atMs, base64, id, phone, picture, pictureAnswer } from '../values.ts'

export const factorsCaptcha = route({
  name: 'factors.captcha',
  path: '/api/v1/factors/captcha',
  audience: 'customer',
  session: 'none',
  zh: '获取图形验证码',
  en: 'Get a captcha picture',
  input: z.strictObject({}),
  output: picture,
  clauses: ['A-6.3-1', 'A-6.3-2', 'B-7.5.6-1', 'B-7.5.6-2', 'B-7.5.6-10'],
})

/** What a code is for; it is bound to this purpose and useless for any other (A-6.4-5). */
const otpRequest = z.discriminatedUnion('purpose', [
  z.strictObject({ purpose: z.literal('register'), phone, pictureId: id, pictureAnswer }),
  z.strictObject({ purpose: z.literal('login'), loginId: id }),
  z.strictObject({ purpose: z.literal('bind-device') }),
  z.strictObject({ purpose: z.literal('release-device'), deviceId: id }),
  z.strictObject({ purpose: z.literal('resume-certificate'), deviceId: id }),
  z.strictObject({ purpose: z.literal('set-transaction-password') }),
  z.strictObject({ purpose: z.literal('operation'), operationId: id }),
])

export const factorsRequestOtp = route({
  name: 'factors.request-otp',
  path: '/api/v1/factors/request-otp',
  audience: 'customer',
  session: 'optional',
  zh: '发送短信验证码',
  en: 'Send a code by SMS',
  input: otpRequest,
  output: z.strictObject({ otpId: id, phoneMasked: z.string().max(20), expiresAtMs: atMs, resendAtMs: atMs }),
  clauses: ['A-6.4-1', 'A-6.4-2', 'A-6.4-3', 'A-6.4-5', 'C-6.2.1.3-L2a-s1', 'C-6.3.2-c', 'D-5.2.1.1-d.2-s4'],
})

export const keyboardPurpose = z.enum([
  'register',
  'login',
  'set-transaction-password',
  'operation',
  'reauthenticate',
  'staff-login',
])

const keyboardInput = z.strictObject({
  purpose: keyboardPurpose,
  /** Client's ephemeral public key for the key of this one entry (B-7.5.5-5). */
  offer: base64(65),
})
const keyboardOutput = z.strictObject({
  keyboardId: id,
  /** Server's ephemeral public key. */
  answer: base64(65),
  /** One picture with every key: `rows` × `columns` cells of equal size; the client knows positions only. */
  png: base64(160 * 1024),
  widthPx: z.int().positive(),
  heightPx: z.int().positive(),
  rows: z.int().min(1).max(12),
  columns: z.int().min(1).max(12),
  maxTaps: z.int().min(1).max(64),
  expiresAtMs: atMs,
})
const keyboardText = { zh: '打开安全键盘', en: 'Open a secure keyboard' }
const keyboardClauses = [
  'B-7.5.5-1',
  'B-7.5.5-3',
  'B-7.5.5-5',
  'B-7.5.5-8',
  'B-7.5.5-9',
  'C-6.2.1.1-L3a',
  'D-5.6.1-a.2',
]

export const factorsKeyboard = route({
  name: 'factors.keyboard',
  path: '/api/v1/factors/keyboard',
  audience: 'customer',
  session: 'optional',
  ...keyboardText,
  input: keyboardInput,
  output: keyboardOutput,
  clauses: keyboardClauses,
})

export const staffKeyboard = route({
  name: 'staff.keyboard',
  path: '/admin/v1/keyboard',
  audience: 'staff',
  session: 'none',
  ...keyboardText,
  input: keyboardInput,
  output: keyboardOutput,
  clauses: keyboardClauses,
})
