import { z } from 'zod'
import { route } from '../route.ts'
import { atMs, email, id, idNumber, otp, personName, phone, secretEntry } from '../values.ts'

export const identityRegister = route({
  name: 'identity.register',
  path: '/api/v1/identity/register',
  audience: 'customer',
  session: 'none',
  zh: '实名注册',
  en: 'Register under the real name',
  input: z.strictObject({
    consentId: id,
    name: personName,
    idNumber,
    phone,
    otpId: id,
    otp,
    password: secretEntry,
    repeat: secretEntry,
  }),
  output: z.strictObject({ registered: z.literal(true) }),
  clauses: ['A-4.1-1', 'A-6.7.1-1', 'A-6.7.1-3', 'C-6.2.1.2-c-s2'],
})

export const identityProfile = route({
  name: 'identity.profile',
  path: '/api/v1/identity/profile',
  audience: 'customer',
  session: 'required',
  zh: '我的资料（脱敏）',
  en: 'My details, masked',
  input: z.strictObject({}),
  output: z.strictObject({
    accountId: id,
    nameMasked: z.string(),
    idNumberMasked: z.string(),
    phoneMasked: z.string(),
    /** Null when the customer gave none. */
    emailMasked: z.string().nullable(),
    registeredAtMs: atMs,
    hasTransactionPassword: z.boolean(),
    passwordExpiresAtMs: atMs,
  }),
  clauses: ['C-6.2.3-a-s2', 'D-5.6.4.1', 'D-5.6.4.2-s2'],
})

export const identitySetEmail = route({
  name: 'identity.set-email',
  path: '/api/v1/identity/set-email',
  audience: 'customer',
  session: 'required',
  zh: '设置或删除电子邮箱',
  en: 'Give, change or take back the e-mail address for warnings',
  input: z.strictObject({ email: email.nullable() }),
  output: z.strictObject({ emailMasked: z.string().nullable() }),
  clauses: ['B-7.4-7'],
})

export const identitySetTransactionPassword = route({
  name: 'identity.set-transaction-password',
  path: '/api/v1/identity/set-transaction-password',
  audience: 'customer',
  session: 'fund',
  zh: '设置交易密码',
  en: 'Set the transaction password',
  input: z.strictObject({ otpId: id, otp, password: secretEntry, repeat: secretEntry }),
  output: z.strictObject({ changed: z.literal(true) }),
  clauses: ['C-6.3.2-e-s1', 'D-5.2.1.1-b-s2', 'D-5.2.4.2-lead'],
})
