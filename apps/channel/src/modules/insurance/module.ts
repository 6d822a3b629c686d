import {
  insurancePolicies,
  insuranceProduct,
  insuranceProducts,
  insurancePropose,
  insuranceTerms,
  Refusal,
  type OutputOf,
} from '@anqu/contract'
import { sql, type Clock, type Db, type Queryable, type Transaction } from '@anqu/platform'
import { bind, customerOf, type BoundRoute } from '../../http/bound-route.ts'
import type { AuditLog } from '../../needs/audit.ts'
import type { Keys } from '../../needs/keys.ts'
import { findProduct, products, termsDigest, type Product } from './domain/products.ts'
import { findOpenProposal, issuePolicy, type OpenProposal } from './issue-policy.ts'
import { propose } from './propose.ts'

export type InsuranceNeeds = {
  readonly db: Db
  readonly clock: Clock
  readonly keys: Pick<Keys, 'sealFor' | 'openFor'>
  readonly audit: AuditLog
  /** Birthday (YYYYMMDD) and masked name of the customer. */
  readonly insuredPerson: (accountId: string) => Promise<{ birthday: string; nameMasked: string }>
}

export type Insurance = {
  readonly routes: BoundRoute[]
  findOpenProposal(proposalId: string, accountId: string): Promise<OpenProposal>
  issuePolicyIn(
    tx: Transaction,
    claim: { proposalId: string; accountId: string },
  ): Promise<{ policyId: string; policyNumber: string } | undefined>
  count(db: Queryable): Promise<number>
}

type Language = 'zh' | 'en'
const policiesShown = 100

const card = (product: Product, language: Language) => ({
  productId: product.productId,
  name: product.name[language],
  tagline: product.tagline[language],
  premiumFen: product.premiumFen.toString(),
  coverFen: product.coverFen.toString(),
  periodDays: product.periodDays,
})

function required(productId: string): Product {
  const product = findProduct(productId)
  if (product === undefined) throw new Refusal('insurance.product-unavailable')
  return product
}

function termsView(product: Product, language: Language): OutputOf<typeof insuranceTerms> {
  const { terms } = product
  return {
    termsVersion: terms.version,
    termsDigest: termsDigest(product),
    title: terms.title[language],
    sections: terms.sections.map(({ heading, text }) => ({
      heading: heading[language],
      text: text[language],
    })),
    important: terms.important.map(({ key, heading, text }) => ({
      key,
      heading: heading[language],
      text: text[language],
    })),
  }
}

/** Products, terms, proposals and policies. */
export function createInsurance(needs: InsuranceNeeds): Insurance {
  const { db, clock } = needs
  return {
    findOpenProposal: (proposalId, accountId) => findOpenProposal(db, clock, { proposalId, accountId }),
    issuePolicyIn: (tx, claim) => issuePolicy(tx, clock, claim),
    async count(queryable) {
      const row = await queryable.one<{ count: bigint }>(sql`select count(*) as count from insurance_policy`)
      return Number(row.count)
    },
    routes: [
      bind(insuranceProducts, async ({ language }) => ({
        products: products.map((product) => card(product, language)),
      })),
      bind(insuranceProduct, async ({ productId, language }) => {
        const product = required(productId)
        return {
          ...card(product, language),
          insurer: product.insurer[language],
          benefits: product.benefits.map(({ title, coverFen, text }) => ({
            title: title[language],
            coverFen: coverFen.toString(),
            text: text[language],
          })),
          eligibility: product.eligibility,
          termsVersion: product.terms.version,
        }
      }),
      bind(insuranceTerms, async ({ productId, language }) => termsView(required(productId), language)),
      bind(insurancePropose, (input, context) =>
        propose(needs, { input, accountId: customerOf(context).accountId, context }),
      ),
      bind(insurancePolicies, async ({ language }, context) => {
        const accountId = customerOf(context).accountId
        const { nameMasked } = await needs.insuredPerson(accountId)
        const rows = await db.query<PolicyRow>(sql`
          select policy_id, policy_number, product_id, premium_fen, cover_fen, start_date, end_date, state, issued_at_ms
          from insurance_policy where account_id = ${accountId} order by issued_at_ms desc limit ${policiesShown}`)
        return {
          policies: rows.map((row) => ({
            policyId: row.policy_id,
            policyNumber: row.policy_number,
            productId: row.product_id,
            productName: findProduct(row.product_id)?.name[language] ?? row.product_id,
            state: row.state,
            insuredMasked: nameMasked,
            premiumFen: row.premium_fen.toString(),
            coverFen: row.cover_fen.toString(),
            startDate: row.start_date,
            endDate: row.end_date,
            issuedAtMs: Number(row.issued_at_ms),
          })),
        }
      }),
    ],
  }
}

type PolicyRow = {
  policy_id: string
  policy_number: string
  product_id: string
  premium_fen: bigint
  cover_fen: bigint
  start_date: string
  end_date: string
  state: 'active' | 'ended'
  issued_at_ms: bigint
}
