import { z } from 'zod'
import { route } from '../route.ts'
import { atMs, id } from '../values.ts'
import { staffRoute } from './staff-route.ts'

const words = (most: number) => z.string().trim().min(2).max(most)
const text = z.strictObject({
  title: z.strictObject({ zh: words(40), en: words(80) }),
  text: z.strictObject({ zh: words(200), en: words(400) }),
})
const audience = z.enum(['everybody', 'bound-device'])
const severity = z.enum(['major', 'notice'])
const person = z.strictObject({ staffId: z.string(), name: z.string() })

const warningView = z.strictObject({
  warningId: id,
  severity,
  audience,
  ...text.shape,
  state: z.enum(['proposed', 'published', 'rejected']),
  proposedBy: person,
  proposedAtMs: atMs,
  decidedBy: person.nullable(),
  publishedAtMs: atMs.nullable(),
  /** The one who asks wrote it, so that another one decides. */
  own: z.boolean(),
  /** How many customers it concerns so far, and their notices by push, SMS and e-mail. */
  notices: z.strictObject({
    customers: z.int(),
    sent: z.int(),
    waiting: z.int(),
    unreachable: z.int(),
  }),
})

export const warningsList = route({
  name: 'warnings.list',
  path: '/api/v1/warnings/list',
  audience: 'customer',
  session: 'none',
  zh: '安全警示',
  en: 'Security warnings for everybody, newest first',
  input: z.strictObject({}),
  output: z.strictObject({
    warnings: z
      .array(z.strictObject({ warningId: id, severity, ...text.shape, publishedAtMs: atMs }))
      .max(50),
  }),
  clauses: ['B-7.4-6'],
})

export const staffWarnings = staffRoute({
  name: 'staff.warnings',
  path: '/admin/v1/warnings/list',
  session: 'required',
  zh: '安全警示列表',
  en: 'Security warnings, and how far their notices have come',
  input: z.strictObject({}),
  output: z.strictObject({ warnings: z.array(warningView).max(50) }),
  clauses: ['B-7.4-6', 'B-7.4-7'],
})

export const staffProposeWarning = staffRoute({
  name: 'staff.propose-warning',
  path: '/admin/v1/warnings/propose',
  session: 'required',
  zh: '拟写安全警示',
  en: 'Write a security warning; somebody else publishes it',
  input: z.strictObject({ severity, audience, ...text.shape }),
  output: z.strictObject({ warning: warningView }),
  clauses: ['B-7.4-6', 'A-5.11-9'],
})

export const staffDecideWarning = staffRoute({
  name: 'staff.decide-warning',
  path: '/admin/v1/warnings/decide',
  session: 'required',
  zh: '发布或驳回安全警示',
  en: 'Publish what somebody else wrote, or reject it',
  input: z.strictObject({ warningId: id, decision: z.enum(['publish', 'reject']) }),
  output: z.strictObject({ warning: warningView }),
  clauses: ['B-7.4-6', 'B-7.4-7', 'A-5.11-9'],
})
