import { canonicalBytes, insurancePropose, Refusal, type InputOf, type OutputOf } from '@anqu/contract'
import { bytesToUtf8 } from '@anqu/encoding'
import { policy } from '@anqu/policy'
import { sql, uuidv7 } from '@anqu/platform'
import { assertEligible, coverPeriod } from './domain/proposal.ts'
import { findProduct, termsDigest, type Product } from './domain/products.ts'
import type { InsuranceNeeds } from './module.ts'
import type { RequestContext } from '../../http/bound-route.ts'

type Input = InputOf<typeof insurancePropose>
type ProposalRow = {
  proposal_id: string
  product_id: string
  terms_digest: string
  units: number
  premium_fen: bigint
  cover_fen: bigint
  start_date: string
  end_date: string
  beneficiary: Uint8Array
  expires_at_ms: bigint
}

/** The terms the customer confirmed must be the terms in force, by version and digest. */
function currentProduct(input: Input): Product {
  const product = findProduct(input.productId)
  if (product === undefined) throw new Refusal('insurance.product-unavailable')
  if (product.terms.version !== input.termsVersion || termsDigest(product) !== input.termsDigest)
    throw new Refusal('insurance.terms-changed')
  return product
}

/** Records a proposal; nothing is due until the premium is paid by an operation. Repeating the key changes nothing. */
export async function propose(
  needs: InsuranceNeeds,
  request: { input: Input; accountId: string; context: RequestContext },
): Promise<OutputOf<typeof insurancePropose>> {
  const { db, clock, keys, audit } = needs
  const { input, accountId, context } = request
  const product = currentProduct(input)
  const nowMs = clock.nowMs()
  const { birthday } = await needs.insuredPerson(accountId)
  assertEligible(
    product,
    { birthday, units: input.units, confirmedImportant: input.confirmedImportant },
    nowMs,
  )
  const period = coverPeriod(product, input.startDate, nowMs)
  const units = BigInt(input.units)
  const beneficiary = await keys.sealFor(accountId, sealedAs, canonicalBytes(input.beneficiary))
  const row = await db.transaction(async (tx) => {
    const inserted = await tx.execute(sql`
      insert into insurance_proposal (proposal_id, account_id, idempotency_key, product_id, terms_version, terms_digest,
        units, premium_fen, cover_fen, start_date, end_date, beneficiary, state, created_at_ms, expires_at_ms)
      values (${uuidv7(nowMs)}, ${accountId}, ${input.idempotencyKey}, ${product.productId}, ${input.termsVersion},
        ${input.termsDigest}, ${input.units}, ${product.premiumFen * units}, ${product.coverFen * units},
        ${period.startDate}, ${period.endDate}, ${beneficiary}, 'open', ${nowMs}, ${nowMs + policy.insurance.proposalValidMs})
      on conflict (account_id, idempotency_key) do nothing`)
    const stored = await tx.one<ProposalRow>(sql`
      select proposal_id, product_id, terms_digest, units, premium_fen, cover_fen, start_date, end_date, beneficiary, expires_at_ms
      from insurance_proposal where account_id = ${accountId} and idempotency_key = ${input.idempotencyKey}`)
    if (inserted === 0 && !(await sameProposal(keys, accountId, stored, { input, ...period })))
      throw new Refusal('request.conflict')
    if (inserted === 1)
      await audit.recordIn(tx, {
        event: 'insurance.proposed',
        eventClass: 'operation',
        outcome: 'success',
        subject: accountId,
        description: `Proposed ${product.productId} under terms ${input.termsVersion}`,
        origin: context.origin,
        resource: `proposal:${stored.proposal_id}`,
        correlationId: context.correlationId,
        fields: { termsDigest: input.termsDigest, units: String(input.units) },
      })
    return stored
  })
  return {
    proposalId: row.proposal_id,
    productName: product.name.zh,
    premiumFen: row.premium_fen.toString(),
    coverFen: row.cover_fen.toString(),
    startDate: row.start_date,
    endDate: row.end_date,
    expiresAtMs: Number(row.expires_at_ms),
  }
}

const sealedAs = 'insurance.beneficiary'

/** A key that comes again must ask for the very same; otherwise the customer would be shown what he did not propose. */
async function sameProposal(
  keys: InsuranceNeeds['keys'],
  accountId: string,
  stored: ProposalRow,
  asked: { input: Input; startDate: string },
): Promise<boolean> {
  const { input, startDate } = asked
  const beneficiary = await keys.openFor(accountId, sealedAs, stored.beneficiary)
  return (
    stored.product_id === input.productId &&
    stored.terms_digest === input.termsDigest &&
    stored.units === input.units &&
    stored.start_date === startDate &&
    bytesToUtf8(beneficiary) === bytesToUtf8(canonicalBytes(input.beneficiary))
  )
}
