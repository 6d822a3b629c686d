import type { Issuing } from '@anqu/ca/issuing'
import { bytesToBase64 } from '@anqu/encoding'
import { randomBytes, sm2Sign, Sm2PrivateKey } from '@anqu/gm-crypto'
import { createCsr, parseCsr, privateKeySigner, verifyCsr } from '@anqu/pki'
import { sql, uuidv7, type Db } from '@anqu/platform'
import { median, type Measured, type Ratio } from './ratio.ts'

const rounds = 7
const eachRound = 300
const atOnce = 16

type Order = Parameters<Issuing['issue']>[0]

/** Orders with key pairs and requests of their own, made outside the clock. */
export async function makeOrders(count: number): Promise<Order[]> {
  const orders: Order[] = []
  for (let made = 0; made < count; made += 1) {
    const terminalId = uuidv7()
    const csr = await createCsr({
      key: privateKeySigner(Sm2PrivateKey.generate()),
      subject: [{ type: 'CN', value: terminalId }],
    })
    const accountId = uuidv7()
    orders.push({
      idempotencyKey: `bench:${terminalId}`,
      csr: bytesToBase64(csr),
      accountId,
      holder: accountId,
      terminalId,
      correlationId: uuidv7(),
      profile: 'customer-signing',
    })
  }
  return orders
}

/** Runs the work for every item, some at once. */
async function rate<Item>(items: readonly Item[], work: (item: Item) => Promise<unknown>): Promise<Measured> {
  let at = 0
  const startedAt = performance.now()
  const before = process.cpuUsage()
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let item = items[at++]; item !== undefined; item = items[at++]) await work(item)
    }),
  )
  const { user, system } = process.cpuUsage(before)
  return {
    perSecond: items.length / ((performance.now() - startedAt) / 1000),
    cpuMicros: (user + system) / items.length,
  }
}

const medians = (runs: readonly Measured[]): Measured => ({
  perSecond: median(runs.map(({ perSecond }) => perSecond)),
  cpuMicros: median(runs.map(({ cpuMicros }) => cpuMicros)),
})

/** The bare parts of an issue: the request is read and its signature checked, one signature made, one row written. */
function bareIssue(db: Db): (order: Order) => Promise<unknown> {
  const key = Sm2PrivateKey.generate()
  const certificate = randomBytes(700)
  return async ({ csr, terminalId }) => {
    if (!verifyCsr(parseCsr(Buffer.from(csr, 'base64')))) throw new Error('a wrong request')
    sm2Sign(key, certificate)
    await db.execute(sql`insert into bench_row (id, der) values (${terminalId}, ${certificate})`)
  }
}

export async function issueRow(db: Db, issuing: Issuing): Promise<Ratio> {
  await db.execute(sql`create table bench_row (id uuid primary key, der bytea not null)`)
  const bare = bareIssue(db)
  const orders = await makeOrders(rounds * eachRound)
  const batch = (round: number): Order[] => orders.slice(round * eachRound, (round + 1) * eachRound)
  const [floor, ours]: [Measured[], Measured[]] = [[], []]
  for (let round = 0; round < rounds; round += 1) {
    floor.push(await rate(batch(round), bare))
    ours.push(await rate(batch(round), (order) => issuing.issue(order)))
  }
  await db.execute(sql`drop table bench_row`)
  return {
    title: `Certificates issued, ${atOnce} at once: key, certificate and event in one durable statement`,
    unit: 'certificates',
    floor: { name: 'bare: request read and checked, one signature, one inserted row', ...medians(floor) },
    ours: { name: 'issued and registered', ...medians(ours) },
    mark: 0.6,
  }
}

/** Certificates as they are after an issue, made by statement: what counts is that the CA has them. */
async function fill(db: Db, upTo: number): Promise<void> {
  const have = await db.one<{ count: number }>(sql`select count(*)::int as count from certificate`)
  if (have.count >= upTo) return
  await db.execute(sql`
    with made as (
      select n, md5(n::text || 'serial') as serial, decode(md5(n::text || 'a') || md5(n::text || 'b') || md5(n::text || 'c')
        || md5(n::text || 'd') || '04', 'hex') as public_key, gen_random_uuid() as account, gen_random_uuid() as terminal
      from generate_series(1, ${upTo - have.count}) n),
    keys as (
      insert into subject_key (public_key, account_id, terminal_id)
      select public_key, account, terminal from made on conflict do nothing)
    insert into certificate (serial, profile, profile_version, account_id, holder, terminal_id, caller, idempotency_key,
      request_digest, public_key, der, state, not_before_ms, not_after_ms, issued_at_ms, correlation_id, shard)
    select '4' || substr(serial, 2), 'customer-signing', 1, account, account::text, terminal, 'bench', 'made:' || ${upTo} || ':' || n,
      decode(md5(n::text), 'hex'), public_key, decode(repeat(md5(n::text), 42), 'hex'), 'good', 0, 4102444800000, n,
      'made', '1-00'
    from made on conflict do nothing`)
}

export const fillCertificates = fill

/** Median time of an issue, one after the other, at growing numbers of certificates. */
export async function flatTable(db: Db, issuing: Issuing, sizes: readonly number[]): Promise<number> {
  const times: number[] = []
  console.log('\nCost of an issue by how many certificates there are (one after the other, median of 200)')
  for (const size of sizes) {
    await fill(db, size)
    await db.execute(sql`analyze certificate`)
    const took: number[] = []
    for (const order of await makeOrders(200)) {
      const startedAt = performance.now()
      await issuing.issue(order)
      took.push(performance.now() - startedAt)
    }
    times.push(median(took))
    console.log(
      `  ${size.toLocaleString('en').padStart(10)} certificates${median(took).toFixed(2).padStart(10)} ms`,
    )
  }
  return (times.at(-1) ?? Number.NaN) / (times[0] ?? Number.NaN)
}
