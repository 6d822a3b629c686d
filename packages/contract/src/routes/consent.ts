import { z } from 'zod'
import { route } from '../route.ts'
import { id, languageTag, shortText } from '../values.ts'

const purpose = z.strictObject({
  key: z.string().max(40),
  title: shortText,
  why: z.string().max(500),
  data: z.array(shortText).max(20),
  /** Needed for the service itself; the others can be left unticked without losing it (D-6.1.5-s1). */
  required: z.boolean(),
})

export const consentNotice = route({
  name: 'consent.notice',
  path: '/api/v1/consent/notice',
  audience: 'customer',
  session: 'none',
  zh: '读取隐私政策',
  en: 'Read the privacy notice',
  input: z.strictObject({ language: languageTag }),
  output: z.strictObject({
    version: z.string().max(40),
    title: shortText,
    introduction: z.string().max(2000),
    sections: z.array(z.strictObject({ heading: shortText, text: z.string().max(4000) })).max(40),
    purposes: z.array(purpose).max(20),
    collected: z.array(z.strictObject({ item: shortText, purpose: shortText })).max(40),
    shared: z.array(z.strictObject({ party: shortText, item: shortText, purpose: shortText })).max(40),
  }),
  clauses: ['A-5.10-1', 'D-6.1.5-s1'],
})

export const consentDecide = route({
  name: 'consent.decide',
  path: '/api/v1/consent/decide',
  audience: 'customer',
  session: 'optional',
  zh: '同意或拒绝隐私政策',
  en: 'Accept or refuse the privacy notice',
  input: z.strictObject({
    version: z.string().max(40),
    decision: z.enum(['accepted', 'refused']),
    purposes: z.array(z.string().max(40)).max(20),
  }),
  output: z.strictObject({ consentId: id, decision: z.enum(['accepted', 'refused']) }),
  clauses: ['A-5.10-2', 'D-6.1.5-s1'],
})

export const consentWithdraw = route({
  name: 'consent.withdraw',
  path: '/api/v1/consent/withdraw',
  audience: 'customer',
  session: 'required',
  zh: '撤回同意',
  en: 'Withdraw consent',
  input: z.strictObject({ purposes: z.array(z.string().max(40)).min(1).max(20) }),
  output: z.strictObject({ consentId: id }),
  clauses: ['D-6.1.5-s1'],
})
