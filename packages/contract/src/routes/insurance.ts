import { z } from 'zod'
import { route } from '../route.ts'
import { atMs, fen, id, idempotencyKey, languageTag, personName, shortText } from '../values.ts'

const productCard = z.strictObject({
  productId: z.string().max(40),
  name: shortText,
  tagline: shortText,
  premiumFen: fen,
  coverFen: fen,
  periodDays: z.int().positive(),
})
const isoDate = z.iso.date()

export const insuranceProducts = route({
  name: 'insurance.products',
  path: '/api/v1/insurance/products',
  audience: 'customer',
  session: 'none',
  zh: '保险产品',
  en: 'Insurance products',
  input: z.strictObject({ language: languageTag }),
  output: z.strictObject({ products: z.array(productCard).max(50) }),
  clauses: ['D-5.1-a'],
})

export const insuranceProduct = route({
  name: 'insurance.product',
  path: '/api/v1/insurance/product',
  audience: 'customer',
  session: 'none',
  zh: '产品详情',
  en: 'A product',
  input: z.strictObject({ productId: z.string().max(40), language: languageTag }),
  output: productCard.extend({
    insurer: shortText,
    benefits: z
      .array(z.strictObject({ title: shortText, coverFen: fen, text: z.string().max(1000) }))
      .max(20),
    eligibility: z.strictObject({ minAge: z.int(), maxAge: z.int(), maxUnits: z.int().positive() }),
    termsVersion: z.string().max(40),
  }),
  clauses: ['D-5.1-a'],
})

export const insuranceTerms = route({
  name: 'insurance.terms',
  path: '/api/v1/insurance/terms',
  audience: 'customer',
  session: 'none',
  zh: '保险条款',
  en: 'The terms',
  input: z.strictObject({ productId: z.string().max(40), language: languageTag }),
  output: z.strictObject({
    termsVersion: z.string().max(40),
    /** SM3 of the terms in both languages, hex: what the customer confirms is what was shown. */
    termsDigest: z.string().regex(/^[0-9a-f]{64}$/),
    title: shortText,
    sections: z.array(z.strictObject({ heading: shortText, text: z.string().max(4000) })).max(40),
    /** Confirmed one by one on the terms page. */
    important: z
      .array(z.strictObject({ key: z.string().max(40), heading: shortText, text: z.string().max(2000) }))
      .max(20),
  }),
  clauses: ['C-6.3.1-d-s1'],
})

export const insurancePropose = route({
  name: 'insurance.propose',
  path: '/api/v1/insurance/propose',
  audience: 'customer',
  session: 'fund',
  zh: '投保',
  en: 'Propose insurance',
  input: z.strictObject({
    idempotencyKey,
    productId: z.string().max(40),
    termsVersion: z.string().max(40),
    termsDigest: z.string().regex(/^[0-9a-f]{64}$/),
    confirmedImportant: z.array(z.string().max(40)).max(20),
    units: z.int().min(1).max(10),
    startDate: isoDate,
    beneficiary: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('statutory') }),
      z.strictObject({
        kind: z.literal('named'),
        name: personName,
        relation: z.enum(['spouse', 'child', 'parent']),
      }),
    ]),
  }),
  output: z.strictObject({
    proposalId: id,
    productName: shortText,
    premiumFen: fen,
    coverFen: fen,
    startDate: isoDate,
    endDate: isoDate,
    expiresAtMs: atMs,
  }),
  clauses: ['C-3.5', 'D-5.3.4'],
})

export const policyView = z.strictObject({
  policyId: id,
  policyNumber: z.string(),
  productId: z.string(),
  productName: z.string(),
  state: z.enum(['active', 'ended']),
  insuredMasked: z.string(),
  premiumFen: fen,
  coverFen: fen,
  startDate: isoDate,
  endDate: isoDate,
  issuedAtMs: atMs,
})

export const insurancePolicies = route({
  name: 'insurance.policies',
  path: '/api/v1/insurance/policies',
  audience: 'customer',
  session: 'required',
  zh: '我的保单',
  en: 'My policies',
  input: z.strictObject({ language: languageTag }),
  output: z.strictObject({ policies: z.array(policyView).max(100) }),
  clauses: ['C-6.3.2-a-s1', 'C-6.2.2-g'],
})
