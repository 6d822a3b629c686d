import { z } from 'zod'
import { route } from '../route.ts'
import { atMs, environment, id, otp, phone, secretEntry } from '../values.ts'

/** The session id itself travels in headers only (C-6.2.2-e-s2); bodies describe the session, never name it. */
export const sessionView = z.strictObject({
  accountId: id,
  nameMasked: z.string(),
  phoneMasked: z.string(),
  deviceBound: z.boolean(),
  idleLimitMs: z.int().positive(),
  backgroundLimitMs: z.int().positive(),
  expiresAtMs: atMs,
  lastLoginAtMs: atMs.nullable(),
  consentOutdated: z.boolean(),
  notice: z.enum(['none', 'another-session-ended', 'password-expires-soon', 'password-expired']),
})

const loginAnswer = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('in'), session: sessionView }),
  /** A new device: the second factor is a code to the registered phone. */
  z.strictObject({ state: z.literal('otp'), loginId: id, expiresAtMs: atMs }),
])

export const sessionsBeginLogin = route({
  name: 'sessions.begin-login',
  path: '/api/v1/sessions/begin-login',
  audience: 'customer',
  session: 'none',
  zh: '登录（第一步）',
  en: 'Log in, first step',
  input: z.strictObject({
    phone,
    secret: secretEntry,
    environment,
    /** SM3 of the signed manifest that an app in a browser runs from; those always name it (C-6.1.2-c). */
    appPackage: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .optional(),
  }),
  output: loginAnswer,
  clauses: ['D-5.2.1.2-s1', 'A-6.6-1', 'C-6.1.6.1-b', 'A-6.6-5', 'C-6.1.2-c'],
})

export const sessionsFinishLogin = route({
  name: 'sessions.finish-login',
  path: '/api/v1/sessions/finish-login',
  audience: 'customer',
  session: 'none',
  zh: '登录（第二步）',
  en: 'Log in, second step',
  input: z.strictObject({ loginId: id, otpId: id, otp }),
  output: loginAnswer,
  clauses: ['D-5.2.1.2-s1', 'A-6.6-1'],
})

export const sessionsCurrent = route({
  name: 'sessions.current',
  path: '/api/v1/sessions/current',
  audience: 'customer',
  session: 'required',
  zh: '当前会话',
  en: 'The current session',
  input: z.strictObject({}),
  output: sessionView,
  clauses: ['C-6.2.2-b'],
})

export const sessionsReauthenticate = route({
  name: 'sessions.reauthenticate',
  path: '/api/v1/sessions/reauthenticate',
  audience: 'customer',
  session: 'required',
  zh: '返回前台后重新验证',
  en: 'Confirm it is you after the background',
  input: z.strictObject({ secret: secretEntry }),
  output: sessionView,
  clauses: ['D-5.2.1.2-s2'],
})

export const sessionsBackground = route({
  name: 'sessions.background',
  path: '/api/v1/sessions/background',
  audience: 'customer',
  session: 'required',
  zh: '应用转入后台',
  en: 'The app went to the background',
  input: z.strictObject({}),
  output: z.strictObject({}),
  clauses: ['D-5.2.1.2-s2', 'A-12.1-27'],
})

export const sessionsLogout = route({
  name: 'sessions.logout',
  path: '/api/v1/sessions/logout',
  audience: 'customer',
  session: 'required',
  zh: '退出登录',
  en: 'Log out',
  input: z.strictObject({}),
  output: z.strictObject({}),
  clauses: ['D-5.6.5-c-s2', 'B-7.5.9.5-3'],
})

export const sessionsHistory = route({
  name: 'sessions.history',
  path: '/api/v1/sessions/history',
  audience: 'customer',
  session: 'required',
  zh: '登录记录',
  en: 'Log-in history',
  input: z.strictObject({}),
  output: z.strictObject({
    entries: z
      .array(
        z.strictObject({
          atMs,
          outcome: z.enum(['success', 'failure']),
          device: z.string(),
          current: z.boolean(),
          active: z.boolean(),
        }),
      )
      .max(50),
  }),
  clauses: ['C-6.2.2-f', 'D-5.3.3.3-b'],
})
