import { z } from 'zod'
import { holderSignature } from '../holder-signature.ts'
import { route } from '../route.ts'
import { expiryNotice } from './certificates.ts'
import {
  atMs,
  base64,
  fen,
  id,
  idempotencyKey,
  otp,
  picture,
  pictureAnswer,
  secretEntry,
  shortText,
} from '../values.ts'

export const operationState = z.enum([
  'prepared',
  'challenged',
  'authorised',
  'executing',
  'done',
  'refused',
  'held',
  'unknown',
  'reversed',
])
export type OperationState = z.infer<typeof operationState>

/** What the server signs when an operation is done; `receipt` is canonical JSON, `signature` SM2 r‖s by the receipt key. */
export const receipt = z.strictObject({
  receipt: base64(8192),
  signature: base64(64),
  certificate: base64(8192),
})

export const operationView = z.strictObject({
  operationId: id,
  type: z.string().max(40),
  state: operationState,
  title: z.strictObject({ zh: shortText, en: shortText }),
  payee: shortText,
  amountFen: fen,
  createdAtMs: atMs,
  finishedAtMs: atMs.nullable(),
  /** A code of the refusal catalogue when refused or reversed. */
  reason: z.string().nullable(),
  receipt: receipt.nullable(),
})

export const operationsPrepare = route({
  name: 'operations.prepare',
  path: '/api/v1/operations/prepare',
  audience: 'customer',
  session: 'fund',
  zh: '发起业务',
  en: 'Prepare an operation',
  input: z.strictObject({
    idempotencyKey,
    type: z.string().max(40),
    input: z.record(z.string().max(40), z.unknown()),
    clientVersion: z.string().regex(/^[0-9]+\.[0-9]+\.[0-9]+$/),
  }),
  output: z.strictObject({
    operation: operationView,
    /** Canonical bytes the customer is shown and the SE signs (B-7.3.2.1-4). */
    order: base64(4096),
    lines: z.array(z.strictObject({ zh: shortText, en: shortText, value: shortText })).max(20),
    riskNotice: z.strictObject({ zh: z.string().max(1000), en: z.string().max(1000) }),
    factors: z.array(z.enum(['second-password', 'otp', 'picture', 'se-signature'])),
    expiresAtMs: atMs,
  }),
  clauses: ['C-6.3.2-a-s1', 'C-6.3.2-b-s1', 'C-6.3.1-d-s1', 'B-6.2.5-1'],
})

export const operationsSecondPassword = route({
  name: 'operations.second-password',
  path: '/api/v1/operations/second-password',
  audience: 'customer',
  session: 'fund',
  zh: '验证交易密码',
  en: 'Give the transaction password',
  input: z.strictObject({ operationId: id, riskAcknowledged: z.literal(true), secret: secretEntry }),
  output: z.strictObject({ operation: operationView }),
  clauses: ['C-6.3.2-c', 'C-6.3.2-e-s1', 'C-6.2.1.1-L2b'],
})

export const operationsPicture = route({
  name: 'operations.picture',
  path: '/api/v1/operations/picture',
  audience: 'customer',
  session: 'fund',
  zh: '确认图片',
  en: 'The confirmation picture',
  input: z.strictObject({ operationId: id }),
  output: picture,
  clauses: ['B-7.5.9.3-1', 'B-7.5.6-8', 'B-7.5.8-2'],
})

export const operationsConfirm = route({
  name: 'operations.confirm',
  path: '/api/v1/operations/confirm',
  audience: 'customer',
  session: 'fund',
  zh: '确认业务',
  en: 'Confirm the operation',
  encryptedUnder: 'operationId',
  input: z.strictObject({
    operationId: id,
    otpId: id,
    otp,
    pictureId: id,
    pictureAnswer,
    order: base64(4096),
    certificateSerial: z.string().regex(/^[0-9a-f]{8,40}$/),
    signature: holderSignature,
  }),
  output: z.strictObject({
    operation: operationView,
    /** Told by the CA while it verified the signature; null when there is time. */
    expiryNotice: expiryNotice.nullable(),
  }),
  clauses: ['B-6.2.5-1', 'B-6.2.3-2', 'B-5.4.1-10', 'B-7.3.2.3-2', 'B-7.3.2.3-3', 'D-5.6.2-d.1', 'D-5.3.4'],
})

export const operationsGet = route({
  name: 'operations.get',
  path: '/api/v1/operations/get',
  audience: 'customer',
  session: 'required',
  zh: '查询业务',
  en: 'One operation',
  input: z.strictObject({ operationId: id }),
  output: z.strictObject({ operation: operationView }),
  clauses: ['C-6.3.2-b-s2'],
})

export const operationsList = route({
  name: 'operations.list',
  path: '/api/v1/operations/list',
  audience: 'customer',
  session: 'required',
  zh: '我的业务记录',
  en: 'My operations',
  input: z.strictObject({}),
  output: z.strictObject({ operations: z.array(operationView).max(50) }),
  clauses: ['C-6.3.2-b-s2'],
})

export const notificationsList = route({
  name: 'notifications.list',
  path: '/api/v1/notifications/list',
  audience: 'customer',
  session: 'required',
  zh: '我的消息',
  en: 'My messages',
  input: z.strictObject({}),
  output: z.strictObject({
    notifications: z
      .array(
        z.strictObject({
          notificationId: id,
          atMs,
          title: z.strictObject({ zh: shortText, en: shortText }),
          text: z.strictObject({ zh: z.string().max(500), en: z.string().max(500) }),
        }),
      )
      .max(50),
  }),
  clauses: ['C-6.3.2-b-s2'],
})

const limitView = z.strictObject({
  category: z.enum(['premium']),
  perOperationFen: fen,
  perDayFen: fen,
  usedTodayFen: fen,
  ceilingPerOperationFen: fen,
  ceilingPerDayFen: fen,
})

export const limitsGet = route({
  name: 'limits.get',
  path: '/api/v1/limits/get',
  audience: 'customer',
  session: 'required',
  zh: '我的限额',
  en: 'My limits',
  input: z.strictObject({}),
  output: z.strictObject({ limits: z.array(limitView).max(10) }),
  clauses: ['C-6.3.2-d-s1'],
})

export const limitsSet = route({
  name: 'limits.set',
  path: '/api/v1/limits/set',
  audience: 'customer',
  session: 'fund',
  zh: '设置限额',
  en: 'Set my limits',
  input: z.strictObject({
    category: z.enum(['premium']),
    perOperationFen: fen,
    perDayFen: fen,
    /** Raising or lowering needs the transaction password. */
    secret: secretEntry,
  }),
  output: z.strictObject({ limits: z.array(limitView).max(10) }),
  clauses: ['C-6.3.2-d-s2'],
})
