import { z } from 'zod'
import { atMs, id } from '../values.ts'
import { staffReason } from './staff-certificates.ts'
import { person } from './staff-cards.ts'
import { staffRoute } from './staff-route.ts'

const masterKeysView = z.strictObject({
  keys: z
    .array(
      z.strictObject({
        version: z.int(),
        createdAtMs: atMs,
        /** `retired`: no card in use had it any more, and its key was destroyed. */
        state: z.enum(['current', 'replaced', 'retired']),
        /** Cards whose keys derive from it. */
        cards: z.int(),
        /** Further cards with its keys that were reported lost or emptied. */
        givenUp: z.int(),
        /** Null for the first one, which the installation made. */
        requestedBy: person.nullable(),
        approvedBy: person.nullable(),
      }),
    )
    .max(40),
  /** What waits for a second person. */
  renewal: z
    .strictObject({
      renewalId: id,
      reason: z.string(),
      requestedBy: person,
      requestedAtMs: atMs,
      own: z.boolean(),
      /** The version to be destroyed; null when a new one is to be made. */
      retires: z.int().nullable(),
    })
    .nullable(),
})

export const staffMasterKeys = staffRoute({
  name: 'staff.master-keys',
  path: '/admin/v1/master-keys/list',
  session: 'required',
  zh: '安全单元主密钥版本',
  en: 'Versions of the master key, and how many cards are on which',
  input: z.strictObject({}),
  output: masterKeysView,
  clauses: ['B-7.2-18'],
})

export const staffProposeMasterKey = staffRoute({
  name: 'staff.propose-master-key',
  path: '/admin/v1/master-keys/propose',
  session: 'required',
  zh: '申请更换主密钥，或销毁只剩弃用卡片的版本',
  en: 'Propose a new master key, or the end of one that only lost or emptied cards have; somebody else approves it',
  input: z.strictObject({ reason: staffReason, retires: z.int().min(1).nullable() }),
  output: masterKeysView,
  clauses: ['A-5.11-9', 'B-7.2-18'],
})

export const staffDecideMasterKey = staffRoute({
  name: 'staff.decide-master-key',
  path: '/admin/v1/master-keys/decide',
  session: 'required',
  zh: '审批更换或销毁主密钥',
  en: 'Approve or refuse a new master key or the end of one',
  input: z.strictObject({ renewalId: id, decision: z.enum(['approve', 'reject']) }),
  output: masterKeysView,
  clauses: ['A-5.11-9', 'B-7.2-18'],
})
