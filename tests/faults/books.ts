import { sql } from '@anqu/platform'
import type { LiveSystem } from '@anqu/conformance/system'

type OperationRow = { operation_id: string; state: string; amount_fen: bigint }

/** The books of bank, ledger, policies and operations, read straight from their databases, and what does not fit. */
export async function disagreements(system: LiveSystem): Promise<string[]> {
  const { database } = system
  const operations = await database.rows<OperationRow>(
    'anqu_channel',
    sql`select operation_id, state, amount_fen from operation`,
  )
  const debits = await database.rows<{ idempotency_key: string; outcome: string; amount_fen: bigint }>(
    'anqu_bank',
    sql`select idempotency_key, outcome, amount_fen from debit`,
  )
  const transfers = await database.rows<{ correlation_id: string; amount_fen: bigint }>(
    'anqu_channel',
    sql`select t.correlation_id, p.amount_fen from ledger_transfer t join ledger_posting p using (transfer_id) where p.account = 'bank:collection'`,
  )
  const receipts = await database.rows<{ operation_id: string; policies: bigint }>(
    'anqu_channel',
    sql`select o.operation_id, count(p.policy_id) as policies from operation o
      left join insurance_policy p on p.proposal_id = (o.facts::jsonb -> 'facts' ->> 'proposalId')::uuid
      where o.state = 'done' group by o.operation_id`,
  )
  const policies = await database.rows<{ count: bigint }>(
    'anqu_channel',
    sql`select count(*) as count from insurance_policy`,
  )
  const wrong: string[] = []
  const expect = (holds: boolean, what: string): void => void (holds || wrong.push(what))
  for (const { operation_id: id, state, amount_fen: amount } of operations) {
    const taken = debits.filter((debit) => debit.idempotency_key.startsWith(id) && debit.outcome === 'done')
    const posted = transfers.filter((transfer) => transfer.correlation_id === id)
    const done = state === 'done'
    expect(
      ['done', 'refused', 'reversed', 'prepared', 'challenged'].includes(state),
      `${id} is still ${state}`,
    )
    expect(taken.length === (done ? 1 : 0), `${id} is ${state} with ${taken.length} debits`)
    expect(posted.length === (done ? 1 : 0), `${id} is ${state} with ${posted.length} postings`)
    for (const entry of [...taken, ...posted])
      expect(entry.amount_fen === amount, `${id} moved ${entry.amount_fen} of ${amount}`)
  }
  for (const { operation_id: id, policies: issued } of receipts)
    expect(issued === 1n, `${id} has ${issued} policies`)
  const doneCount = operations.filter(({ state }) => state === 'done').length
  expect(policies[0]?.count === BigInt(doneCount), `${policies[0]?.count} policies for ${doneCount} payments`)
  const balances = await database.rows<{ account: string }>(
    'anqu_channel',
    sql`select a.account from ledger_account a join ledger_posting p using (account) group by a.account, a.balance_fen
      having a.balance_fen <> sum(p.amount_fen)`,
  )
  expect(
    balances.length === 0,
    `balances that are not the sum of their postings: ${balances.map(({ account }) => account).join()}`,
  )
  const total = await database.rows<{ total: bigint }>(
    'anqu_channel',
    sql`select coalesce(sum(balance_fen), 0)::bigint as total from ledger_account`,
  )
  expect(total[0]?.total === 0n, `the ledger sums to ${total[0]?.total}`)
  return wrong
}
