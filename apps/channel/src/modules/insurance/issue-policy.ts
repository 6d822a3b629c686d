import { Refusal } from '@anqu/contract'
import { sql, uuidv7, type Clock, type Queryable, type Transaction } from '@anqu/platform'
import { randomBytes } from '@anqu/gm-crypto'
import { findProduct, type Product } from './domain/products.ts'

export type OpenProposal = {
  readonly proposalId: string
  readonly product: Product
  readonly premiumFen: bigint
  readonly startDate: string
  readonly endDate: string
}

type Row = {
  proposal_id: string
  product_id: string
  premium_fen: bigint
  start_date: string
  end_date: string
  state: string
  expires_at_ms: bigint
}

/** The caller's own proposal, open and not yet expired. */
export async function findOpenProposal(
  db: Queryable,
  clock: Clock,
  claim: { proposalId: string; accountId: string },
): Promise<OpenProposal> {
  const row = await db.maybe<Row>(sql`
    select proposal_id, product_id, premium_fen, start_date, end_date, state, expires_at_ms from insurance_proposal
    where proposal_id = ${claim.proposalId} and account_id = ${claim.accountId}`)
  const product = row === undefined ? undefined : findProduct(row.product_id)
  if (
    row === undefined ||
    product === undefined ||
    row.state !== 'open' ||
    row.expires_at_ms <= BigInt(clock.nowMs())
  )
    throw new Refusal('insurance.product-unavailable', 'no open proposal')
  return {
    proposalId: row.proposal_id,
    product,
    premiumFen: row.premium_fen,
    startDate: row.start_date,
    endDate: row.end_date,
  }
}

const policyNumber = (issuedAtMs: number): string => {
  const digits = Array.from(randomBytes(10), (byte) => String(byte % 10)).join('')
  return `AQ${new Date(issuedAtMs).toISOString().slice(0, 10).replaceAll('-', '')}${digits}`
}

/**
 * Issues the policy of a paid proposal within the caller's transaction. Undefined when the proposal is no longer open:
 * it was paid by another operation, and this one's money must go back.
 */
export async function issuePolicy(
  tx: Transaction,
  clock: Clock,
  claim: { proposalId: string; accountId: string },
): Promise<{ policyId: string; policyNumber: string } | undefined> {
  const taken = await tx.execute(sql`
    update insurance_proposal set state = 'issued'
    where proposal_id = ${claim.proposalId} and account_id = ${claim.accountId} and state = 'open'`)
  if (taken === 0) return undefined
  const atMs = clock.nowMs()
  const policy = { policyId: uuidv7(atMs), policyNumber: policyNumber(atMs) }
  await tx.execute(sql`
    insert into insurance_policy (policy_id, policy_number, proposal_id, account_id, product_id, premium_fen, cover_fen,
      start_date, end_date, state, issued_at_ms)
    select ${policy.policyId}, ${policy.policyNumber}, proposal_id, account_id, product_id, premium_fen, cover_fen,
      start_date, end_date, 'active', ${atMs} from insurance_proposal where proposal_id = ${claim.proposalId}`)
  return policy
}
