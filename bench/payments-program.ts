import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { startLiveSystem, type Challenged, type Customer, type LiveSystem } from '@anqu/conformance/system'
import { sql } from '@anqu/platform'
import { commitFloor, cryptoFloor, type Need } from './payment-floor.ts'
import type { Asked, Floor, Round } from './payments.bench.ts'

/** Paying at once. */
const customers = 8

type Counts = { readonly commits: number; readonly records: number; readonly sealed: number }

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

async function oneRound(system: LiveSystem, all: readonly Customer[]): Promise<Omit<Round, 'customers'>> {
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

/** What one payment took, over `payments` of them, and what that would cost with nothing else done. */
async function floorOf(system: LiveSystem, used: Counts, payments: number, taps: number): Promise<Floor> {
  const need: Need = {
    commits: used.commits / payments,
    auditRecords: used.records / payments,
    sealedExchanges: used.sealed / payments,
    taps,
  }
  return { cryptoMs: await cryptoFloor(need), commitMs: await commitFloor(system, need) }
}

/** Answers what the benchmark asks until it asks for the end. */
async function serve(system: LiveSystem): Promise<void> {
  const all: Customer[] = []
  for (let index = 0; index < customers; index += 1) all.push(await system.fixtures.freshReady())
  let messages = 0
  for (const { app } of all) app.client.onTraffic(() => (messages += 1))
  await oneRound(system, all)
  const count = (): Promise<Counts> => countsOf(system, all, () => messages)
  const before = await count()
  let payments = 0
  const answer = async (asked: Asked): Promise<Round | Floor> => {
    if (asked === 'round') {
      payments += customers
      return { ...(await oneRound(system, all)), customers }
    }
    const after = await count()
    const used = {
      commits: after.commits - before.commits,
      records: after.records - before.records,
      sealed: after.sealed - before.sealed,
    }
    return floorOf(system, used, payments, all[0]?.person.transactionPassword.length ?? 0)
  }
  await new Promise<void>((resolve, reject) => {
    process.on('disconnect', resolve)
    // The other end is payments.bench.ts of the same build.
    process.on('message', (asked: Asked) => {
      answer(asked).then((value) => process.send?.(value), reject)
    })
    process.send?.('ready')
  })
}

const dataDir = await mkdtemp(path.join(tmpdir(), 'anqu-bench-'))
const { system, stop } = await startLiveSystem(dataDir)
try {
  await serve(system)
} finally {
  await stop()
  await rm(dataDir, { recursive: true })
}
