import { z } from 'zod'
import { atMs, base64, cursor, id } from '../values.ts'
import { staffReason } from './staff-certificates.ts'
import { staffRoute } from './staff-route.ts'

export const cardId = z.string().regex(/^[0-9a-f]{20}$/)
export const applicationId = z.string().regex(/^(?:[0-9a-f]{2}){5,16}$/)
export const person = z.strictObject({ staffId: z.string(), name: z.string() })
export const cardState = z.enum(['enrolled', 'personalised', 'locked', 'deleted'])

const cardView = z.strictObject({
  cardId,
  kind: z.enum(['virtual', 'physical']),
  accountId: id.nullable(),
  state: cardState,
  /** What is done at the card's next contact. */
  order: z.enum(['none', 'lock', 'unlock', 'delete']),
  orderReason: z.string().nullable(),
  keyVersion: z.int(),
  applicationId: applicationId.nullable(),
  applicationVersion: z.int().nullable(),
  enrolledAtMs: atMs,
  lastContactAtMs: atMs.nullable(),
})

/** Something about a card that a second person must approve. */
const cardRequest = z.strictObject({
  requestId: id,
  cardId,
  order: z.enum(['unlock', 'delete']),
  reason: z.string(),
  requestedBy: person,
  requestedAtMs: atMs,
  expiresAtMs: atMs,
  /** Why the one who asks may not approve it; null when nothing stands against it. */
  notApprovable: z.enum(['own', 'role']).nullable(),
})

export const staffCards = staffRoute({
  name: 'staff.cards',
  path: '/admin/v1/cards/list',
  session: 'required',
  zh: '安全单元列表',
  en: 'Cards, and what about them waits for a second person',
  input: z.strictObject({
    cardId: cardId.optional(),
    accountId: id.optional(),
    state: cardState.optional(),
    cursor: cursor.optional(),
    limit: z.int().min(1).max(100),
  }),
  output: z.strictObject({
    cards: z.array(cardView).max(100),
    nextCursor: cursor.nullable(),
    requests: z.array(cardRequest).max(100),
  }),
  clauses: ['B-6.1-1', 'B-6.1-3'],
})

export const staffCard = staffRoute({
  name: 'staff.card',
  path: '/admin/v1/cards/get',
  session: 'required',
  zh: '安全单元详情',
  en: 'One card with the records of its steps',
  input: z.strictObject({ cardId }),
  output: z.strictObject({
    card: cardView,
    requests: z.array(cardRequest).max(100),
    records: z
      .array(
        z.strictObject({
          sequence: z.int(),
          correlationId: id,
          step: z.int().nullable(),
          event: z.string(),
          from: z.string(),
          to: z.string(),
          outcome: z.enum(['success', 'failure']),
          detail: z.string(),
          atMs,
        }),
      )
      .max(100),
  }),
  clauses: ['B-6.1-6.s1'],
})

export const staffOrderCard = staffRoute({
  name: 'staff.order-card',
  path: '/admin/v1/cards/order',
  session: 'required',
  zh: '锁定安全单元或申请解锁、删除',
  en: 'Lock a card at its next contact, or ask for what takes a second person',
  input: z.strictObject({ cardId, order: z.enum(['lock', 'unlock', 'delete']), reason: staffReason }),
  /** Null when it acted at once. */
  output: z.strictObject({ request: cardRequest.nullable() }),
  clauses: ['A-5.11-9'],
})

export const staffDecideCard = staffRoute({
  name: 'staff.decide-card',
  path: '/admin/v1/cards/decide',
  session: 'required',
  zh: '审批安全单元申请',
  en: 'Approve or refuse what somebody else asked for about a card',
  input: z.strictObject({ requestId: id, decision: z.enum(['approve', 'reject']) }),
  output: z.strictObject({ card: cardView }),
  clauses: ['A-5.11-9'],
})

const applicationView = z.strictObject({
  applicationId,
  name: z.string(),
  version: z.int(),
  hash: z.string(),
  signer: z.string(),
  state: z.enum(['registered', 'active', 'deprecated']),
  registeredAtMs: atMs,
  registeredBy: person,
  activatedBy: person.nullable(),
  cards: z.int(),
})

export const staffApplications = staffRoute({
  name: 'staff.applications',
  path: '/admin/v1/applications/list',
  session: 'required',
  zh: '安全单元应用版本',
  en: 'Versions of applications for secure elements',
  input: z.strictObject({}),
  output: z.strictObject({ applications: z.array(applicationView).max(500) }),
  clauses: ['B-6.1-6.s2'],
})

/** A package as its publisher hands it over: the content of a package file is the input of the upload. */
export const applicationPackage = z.strictObject({
  format: z.literal('anqu-application-1'),
  applicationId,
  name: z.string().trim().min(2).max(80),
  /** Cards have room for 32 KB; more is refused by name. */
  loadFile: base64(64 * 1024),
  /** SM3 of the load file, hexadecimal. */
  loadFileHash: z.string().regex(/^[0-9a-f]{64}$/),
  /** SM2 signature of the publisher over the load file, which says identifier, name and version itself; r ‖ s. */
  signature: base64(64),
  /** Certificate of the publisher (DER), who must be listed at the TSM. */
  certificate: base64(8192),
})

export const staffUploadApplication = staffRoute({
  name: 'staff.upload-application',
  path: '/admin/v1/applications/upload',
  session: 'required',
  zh: '上传应用安装包',
  en: 'Upload a signed package; somebody else releases it',
  input: applicationPackage,
  output: z.strictObject({ application: applicationView }),
  clauses: ['A-5.11-9', 'B-6.1-6.s2'],
})

export const staffSetApplication = staffRoute({
  name: 'staff.set-application',
  path: '/admin/v1/applications/set-state',
  session: 'required',
  zh: '发布或撤回应用版本',
  en: 'Release a version somebody else uploaded, or withdraw one',
  input: z.strictObject({ applicationId, version: z.int(), state: z.enum(['active', 'deprecated']) }),
  output: z.strictObject({ application: applicationView }),
  clauses: ['A-5.11-9'],
})
