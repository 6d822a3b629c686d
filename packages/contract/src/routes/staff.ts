import { z } from 'zod'
import { atMs, cursor, fen, id, otp, secretEntry, shortText } from '../values.ts'
import { operationState } from './operations.ts'
import { staffRoute } from './staff-route.ts'

const staffView = z.strictObject({
  staffId: id,
  displayName: z.string(),
  role: z.enum(['operator', 'auditor', 'administrator']),
  expiresAtMs: atMs,
})
export const staffBeginLogin = staffRoute({
  name: 'staff.begin-login',
  path: '/admin/v1/begin-login',
  session: 'none',
  zh: '员工登录（第一步）',
  en: 'Staff log in, first step',
  input: z.strictObject({ loginName: z.string().regex(/^[a-z][a-z0-9.-]{2,31}$/), secret: secretEntry }),
  output: z.strictObject({ loginId: id, otpId: id, phoneMasked: z.string(), expiresAtMs: atMs }),
  clauses: ['C-6.1.6.1-b'],
})

export const staffFinishLogin = staffRoute({
  name: 'staff.finish-login',
  path: '/admin/v1/finish-login',
  session: 'none',
  zh: '员工登录（第二步）',
  en: 'Staff log in, second step',
  input: z.strictObject({ loginId: id, otpId: id, otp }),
  output: staffView,
  clauses: ['C-6.1.6.1-b'],
})

export const staffCurrent = staffRoute({
  name: 'staff.current',
  path: '/admin/v1/current',
  session: 'required',
  zh: '当前员工',
  en: 'The current member of staff',
  input: z.strictObject({}),
  output: staffView,
  clauses: ['C-6.2.2-b'],
})

export const staffLogout = staffRoute({
  name: 'staff.logout',
  path: '/admin/v1/logout',
  session: 'required',
  zh: '退出',
  en: 'Log out',
  input: z.strictObject({}),
  output: z.strictObject({}),
  clauses: ['D-5.6.5-c-s2'],
})

export const staffOverview = staffRoute({
  name: 'staff.overview',
  path: '/admin/v1/overview',
  session: 'required',
  zh: '运行概览',
  en: 'Overview',
  input: z.strictObject({}),
  output: z.strictObject({
    atMs,
    customers: z.int(),
    boundDevices: z.int(),
    activeSessions: z.int(),
    policies: z.int(),
    premiumTodayFen: fen,
    operationsByState: z.array(z.strictObject({ state: operationState, count: z.int() })),
    lastDays: z
      .array(z.strictObject({ date: z.iso.date(), paid: z.int(), premiumFen: fen, refused: z.int() }))
      .max(31),
  }),
  clauses: ['C-6.3.3-a-s1'],
})

/** One audit record with the seven fields of A-5.11-18; payment records carry the nine of A-5.11-17 in `payment`. */
export const auditRecord = z.strictObject({
  recordId: id,
  chain: z.string(),
  sequence: z.int(),
  atMs,
  subject: z.string(),
  event: z.string(),
  eventClass: z.string(),
  outcome: z.enum(['success', 'failure']),
  description: z.string(),
  origin: z.string(),
  resource: z.string(),
  correlationId: z.string(),
  fields: z.record(z.string(), z.string()),
  previousHash: z.string(),
  hash: z.string(),
})

export const staffAuditSearch = staffRoute({
  name: 'staff.audit-search',
  path: '/admin/v1/audit/search',
  session: 'required',
  zh: '审计查询',
  en: 'Search the audit log',
  input: z.strictObject({
    text: shortText.optional(),
    subject: shortText.optional(),
    event: shortText.optional(),
    correlationId: shortText.optional(),
    outcome: z.enum(['success', 'failure']).optional(),
    fromMs: atMs.optional(),
    toMs: atMs.optional(),
    cursor: cursor.optional(),
    limit: z.int().min(1).max(200),
  }),
  output: z.strictObject({ records: z.array(auditRecord).max(200), nextCursor: cursor.nullable() }),
  clauses: ['A-5.11-8', 'A-5.11-10', 'A-5.11-18'],
})

export const staffAuditVerify = staffRoute({
  name: 'staff.audit-verify',
  path: '/admin/v1/audit/verify',
  session: 'required',
  zh: '验证审计链',
  en: 'Verify the audit chain',
  input: z.strictObject({}),
  output: z.strictObject({
    intact: z.boolean(),
    records: z.int(),
    pending: z.int(),
    durationMs: z.int(),
    chains: z.array(
      z.strictObject({
        chain: z.string(),
        records: z.int(),
        headHash: z.string(),
        brokenAtSequence: z.int().nullable(),
        signedUpTo: z.int(),
      }),
    ),
  }),
  clauses: ['D-5.4.4.2'],
})

const staffOperation = z.strictObject({
  operationId: id,
  type: z.string(),
  state: operationState,
  subject: z.string(),
  payee: z.string(),
  amountFen: fen,
  correlationId: id,
  createdAtMs: atMs,
  finishedAtMs: atMs.nullable(),
  reason: z.string().nullable(),
})

export const staffOperations = staffRoute({
  name: 'staff.operations',
  path: '/admin/v1/operations/list',
  session: 'required',
  zh: '业务列表',
  en: 'Operations',
  input: z.strictObject({
    state: operationState.optional(),
    cursor: cursor.optional(),
    limit: z.int().min(1).max(100),
  }),
  output: z.strictObject({ operations: z.array(staffOperation).max(100), nextCursor: cursor.nullable() }),
  clauses: ['C-6.3.2-g-s1'],
})

export const staffOperationStory = staffRoute({
  name: 'staff.operation',
  path: '/admin/v1/operations/get',
  session: 'required',
  zh: '业务详情',
  en: 'One operation with its story',
  input: z.strictObject({ operationId: id }),
  output: z.strictObject({
    operation: staffOperation,
    steps: z
      .array(z.strictObject({ step: z.string(), state: z.string(), attempts: z.int(), updatedAtMs: atMs }))
      .max(50),
    transitions: z
      .array(z.strictObject({ from: z.string(), to: z.string(), atMs, why: z.string() }))
      .max(100),
    postings: z.array(z.strictObject({ account: z.string(), amountFen: z.string(), atMs })).max(50),
  }),
  clauses: ['C-6.3.3-a-s1'],
})

export const staffRequeryOperation = staffRoute({
  name: 'staff.requery-operation',
  path: '/admin/v1/operations/requery',
  session: 'required',
  zh: '向银行查询结果',
  en: 'Ask the bank for the outcome now',
  input: z.strictObject({ operationId: id }),
  output: z.strictObject({ operation: staffOperation }),
  clauses: ['D-5.3.4'],
})

const lockView = z.strictObject({
  subject: z.string(),
  scope: z.string(),
  kind: z.enum(['timed', 'cumulative', 'transaction']),
  failures: z.int(),
  untilMs: atMs.nullable(),
})

export const staffLocks = staffRoute({
  name: 'staff.locks',
  path: '/admin/v1/locks/list',
  session: 'required',
  zh: '锁定列表',
  en: 'Locks',
  input: z.strictObject({}),
  output: z.strictObject({ locks: z.array(lockView).max(200) }),
  clauses: ['A-6.8-3', 'C-6.3.3-e-s3'],
})

export const staffClearLock = staffRoute({
  name: 'staff.clear-lock',
  path: '/admin/v1/locks/clear',
  session: 'required',
  zh: '人工解除锁定',
  en: 'Clear a lock after manual verification',
  input: z.strictObject({
    subject: z.string().max(80),
    scope: z.string().max(80),
    reason: z.string().min(4).max(200),
  }),
  output: z.strictObject({ locks: z.array(lockView).max(200) }),
  clauses: ['A-6.8-3', 'C-6.3.3-e-s3'],
})

/** The newest conformance run; its shape is the report's (conformance/README.md). */
export const staffConformance = staffRoute({
  name: 'staff.conformance',
  path: '/admin/v1/conformance',
  session: 'required',
  zh: '符合性报告',
  en: 'Conformance report',
  input: z.strictObject({}),
  output: z.strictObject({ report: z.record(z.string(), z.unknown()).nullable() }),
  clauses: ['D-5.4.4.2'],
})
