import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { startLiveSystem, type Challenged, type Customer, type LiveSystem } from '@anqu/conformance/system'
import { sql } from '@anqu/platform'
import { commitFloor, cryptoFloor, type Need } from './payment-floor.ts'

const customers = 8
const rounds = 9

type Counts = { readonly commits: number; readonly records: number; readonly sealed: number }

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

/** The order up to the signature, without moving any stored time on the way. */
async function challenge(customer: Customer): Promise<Challenged> {
  const proposal = await customer.propose()
  const prepared = await customer.prepare(proposal.proposalId)
  const { operationId } = prepared.operation
  await customer.giveSecondPassword(operationId)
  const code = await customer.code({ purpose: 'operation', operationId })
  return { proposal, prepared, code, picture: await customer.confirmationPicture(operationId) }
}

async function confirm(customer: Customer, challenged: Challenged): Promise<void> {
  const { state } = await customer.settled(await customer.confirm(challenged))
  if (state !== 'done') throw new Error(`a payment ended ${state}`)
}

/** Transactions that wrote something, in all databases of the system; and the records of the audit log. */
async function countsOf(
  system: LiveSystem,
  all: readonly Customer[],
  traffic: () => number,
): Promise<Counts> {
  const [row] = await system.database.rows<{ commits: bigint; records: bigint }>(
    'anqu_channel',
    sql`select pg_snapshot_xmax(pg_current_snapshot())::text::bigint as commits,
      (select count(*) from audit_record) + (select count(*) from audit_pending) as records`,
  )
  if (row === undefined || all.length === 0) throw new Error('the database did not count')
  return { commits: Number(row.commits), records: Number(row.records), sealed: traffic() }
}

type Round = { readonly wholeMs: number; readonly confirmMs: number }

async function oneRound(system: LiveSystem, all: readonly Customer[]): Promise<Round> {
  // Codes are limited by the minute: the stored times are moved back between the rounds, outside the clock.
  await system.database.letCodesAge()
  const startedAt = performance.now()
  const challenged = await Promise.all(
    all.map(async (customer) => ({ customer, order: await challenge(customer) })),
  )
  const challengedAt = performance.now()
  await Promise.all(challenged.map(({ customer, order }) => confirm(customer, order)))
  const endedAt = performance.now()
  return { wholeMs: endedAt - startedAt, confirmMs: endedAt - challengedAt }
}

type Measured = { readonly whole: number; readonly confirmations: number; readonly floor: number }

/** Payments and confirmations a second on the running system, and the floor of a whole payment in the same run. */
export async function measurePayments(): Promise<Measured> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'anqu-bench-'))
  const { system, stop } = await startLiveSystem(dataDir)
  try {
    return await measure(system)
  } finally {
    await stop()
    await rm(dataDir, { recursive: true })
  }
}

async function measure(system: LiveSystem): Promise<Measured> {
  const all: Customer[] = []
  for (let index = 0; index < customers; index += 1) all.push(await system.fixtures.freshReady())
  let messages = 0
  for (const { app } of all) app.client.onTraffic(() => (messages += 1))
  await oneRound(system, all)
  const before = await countsOf(system, all, () => messages)
  const measured: Round[] = []
  for (let round = 0; round < rounds; round += 1) measured.push(await oneRound(system, all))
  const after = await countsOf(system, all, () => messages)
  const payments = customers * rounds
  const whole = (customers * 1000) / median(measured.map(({ wholeMs }) => wholeMs))
  const confirmations = (customers * 1000) / median(measured.map(({ confirmMs }) => confirmMs))
  const need: Need = {
    commits: (after.commits - before.commits) / payments,
    auditRecords: (after.records - before.records) / payments,
    sealedExchanges: (after.sealed - before.sealed) / payments,
    taps: all[0]?.person.transactionPassword.length ?? 0,
  }
  const cryptoMs = await cryptoFloor(need)
  const commitMs = await commitFloor(system, need)
  return { whole, confirmations, floor: 1000 / (cryptoMs + commitMs) }
}

/** Signed premium payments on the running system, beside what their bare crypto and bare commits cost in the same run. */
export async function paymentsBench(): Promise<void> {
  console.log(
    `\nSigned premium payments: ${customers} customers at once, ${customers * rounds} payments, median of ${rounds} rounds`,
  )
  const { whole, confirmations, floor } = await measurePayments()
  console.log(`  whole payments, proposal to receipt   ${whole.toFixed(1).padStart(9)} a second`)
  console.log(`  confirmations, signature to receipt   ${confirmations.toFixed(1).padStart(9)} a second`)
  console.log(`  floor of a whole payment              ${floor.toFixed(1).padStart(9)} a second`)
  console.log(
    `  the whole payment reaches ${((100 * whole) / floor).toFixed(1)} % of its floor (ratio ${(floor / whole).toFixed(1)})`,
  )
}
