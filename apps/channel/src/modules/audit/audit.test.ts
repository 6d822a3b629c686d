import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { SecretBytes, sm2Sign, Sm2PrivateKey } from '@anqu/gm-crypto'
import { createCsr, privateKeySigner } from '@anqu/pki'
import { sql, uuidv7 } from '@anqu/platform'
import { FakeClock, testDatabase, type TestDatabase } from '@anqu/platform/testing'
import { call, installation, migrationsOf, testCertify } from '../../testing/module-world.fixture.ts'
import { createKeys, type KeySystem } from '../keys/index.ts'
import { headStatement } from './domain/chain.ts'
import { auditRoutes, createAudit, type Audit } from './index.ts'

let database: TestDatabase
let keys: KeySystem
let audit: Audit
const clock = new FakeClock(1_800_000_000_000)

beforeAll(async () => {
  database = await testDatabase(migrationsOf('keys', 'audit'))
  const kek = SecretBytes.random(16)
  keys = await createKeys({
    db: database.db,
    clock,
    kek,
    certify: testCertify(clock),
    isRevoked: async () => false,
  })
  audit = createAudit({ db: database.db, clock, keys })
})
afterAll(() => database.drop())
const tables = ['audit_pending', 'audit_record', 'audit_head', 'audit_signature']
beforeEach(async () => {
  for (const table of tables) await database.db.execute(sql`delete from ${sql.identifier(table)}`)
})

const event = (change: object = {}) => ({
  event: 'login.succeeded',
  eventClass: 'login' as const,
  outcome: 'success' as const,
  subject: 'somebody',
  description: 'in',
  origin: 'here',
  resource: 'account',
  // By the same clock as the log: ids of one process are in order as long as its clock is.
  correlationId: uuidv7(clock.nowMs()),
  ...change,
})
const fill = async (count: number): Promise<void> => {
  for (let n = 1; n <= count; n += 1) await audit.record(event({ description: `happening ${n}` }))
  await audit.seal()
}
const broken = async (): Promise<number | null | undefined> => (await audit.verify())[0]?.brokenAtSequence
const { identifier } = sql

test('records are sealed in the order they were made and the chain verifies up to its signed head', async () => {
  await fill(7)
  await audit.signHead()
  const rows = await database.db.query<{ body: string }>(sql`select body from audit_record order by sequence`)
  expect(rows.map(({ body }) => (JSON.parse(body) as { description: string }).description)).toEqual(
    [1, 2, 3, 4, 5, 6, 7].map((n) => `happening ${n}`),
  )
  expect(await audit.verify()).toMatchObject([{ records: 7, brokenAtSequence: null, signedUpTo: 7 }])
})

test('recorders and sealers at the same time lose nothing and make one chain', async () => {
  await Promise.all(
    Array.from({ length: 40 }, (_, n) =>
      n % 5 === 0 ? audit.seal() : audit.record(event({ description: `${n}` })),
    ),
  )
  await audit.seal()
  expect(await audit.verify()).toMatchObject([{ records: 32, brokenAtSequence: null }])
})

test('sealing while the chain is verified is no false alarm', async () => {
  await fill(3)
  for (let round = 0; round < 5; round += 1) {
    await audit.record(event())
    const [verdicts] = await Promise.all([audit.verify(), audit.seal()])
    expect(verdicts[0]?.brokenAtSequence).toBeNull()
  }
})

test('a record whose transaction fails is not in the log', async () => {
  const failed = database.db.transaction(async (tx) => {
    await audit.recordIn(tx, event())
    throw new Error('no')
  })
  await expect(failed).rejects.toThrow('no')
  expect(await audit.seal()).toBe(0)
})

/** Everything somebody with the database in his hands might do to one of ten records. */
const tampering: Record<string, (at: number) => Promise<unknown>> = {
  body: (at) =>
    database.db.execute(
      sql`update audit_record set body = replace(body, 'happening', 'happened') where sequence = ${at}`,
    ),
  'search column': (at) =>
    database.db.execute(sql`update audit_record set subject = 'somebody else' where sequence = ${at}`),
  time: (at) => database.db.execute(sql`update audit_record set at_ms = at_ms + 1 where sequence = ${at}`),
  hash: (at) =>
    database.db.execute(
      sql`update audit_record set hash = set_byte(hash, 0, get_byte(hash, 0) # 1) where sequence = ${at}`,
    ),
  removal: (at) => database.db.execute(sql`delete from audit_record where sequence = ${at}`),
  'cut off here': (at) => database.db.execute(sql`delete from audit_record where sequence >= ${at}`),
  swap: async (at) => {
    const other = (at % 10) + 1
    await database.db.execute(
      sql`update audit_record set sequence = 1000 + sequence where sequence in (${at}, ${other})`,
    )
    await database.db.execute(
      sql`update audit_record set sequence = case sequence - 1000 when ${at} then ${other}::bigint else ${at}::bigint end
        where sequence > 1000`,
    )
  },
  insertion: (at) =>
    database.db.execute(sql`
      insert into audit_record
      select chain, 11, gen_random_uuid(), at_ms, subject, event, outcome, correlation_id, body, previous_hash, hash
      from audit_record where sequence = ${at}`),
  'head moved back': (at) =>
    database.db.transaction(async (tx) => {
      await tx.execute(sql`delete from audit_record where sequence >= ${at}`)
      await tx.execute(
        sql`update audit_head set sequence = ${at - 1}, hash = coalesce(
          (select hash from audit_record where sequence = ${at - 1}), decode(repeat('00', 32), 'hex'))`,
      )
    }),
  'head removed': () => database.db.execute(sql`delete from audit_head`),
  'head hash': () =>
    database.db.execute(sql`update audit_head set hash = set_byte(hash, 0, get_byte(hash, 0) # 1)`),
}

test('whatever is changed, removed, swapped, inserted or cut off under a signed head is found', async () => {
  await fill(10)
  await audit.signHead()
  const saved = `${'saved'}_`
  for (const table of tables)
    await database.db.execute(sql`create table ${identifier(saved + table)} as table ${identifier(table)}`)
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...Object.keys(tampering)),
      fc.integer({ min: 1, max: 10 }),
      async (kind, at) => {
        for (const table of tables) {
          await database.db.execute(sql`delete from ${identifier(table)}`)
          await database.db.execute(
            sql`insert into ${identifier(table)} select * from ${identifier(saved + table)}`,
          )
        }
        expect(await broken()).toBeNull()
        await tampering[kind]?.(at)
        expect(await broken(), `${kind} at ${at}`).toBeTypeOf('number')
      },
    ),
    { numRuns: 60 },
  )
  for (const table of tables) await database.db.execute(sql`drop table ${identifier(saved + table)}`)
})

test('a head signed by anybody but this server is no signature', async () => {
  await fill(2)
  const forger = Sm2PrivateKey.generate()
  const csr = await createCsr({ key: privateKeySigner(forger), subject: [{ type: 'CN', value: 'forger' }] })
  const [certificate] = await testCertify(clock)(csr, 'receipt')
  const { hash } = await database.db.one<{ hash: Uint8Array }>(sql`select hash from audit_head`)
  const signature = sm2Sign(forger, headStatement('channel', 2n, new Uint8Array(hash)))
  await database.db.execute(sql`
    insert into audit_signature (chain, sequence, hash, at_ms, signature, certificate)
    values ('channel', 2, ${hash}, 0, ${signature}, ${certificate ?? null})`)
  expect(await audit.verify()).toMatchObject([{ brokenAtSequence: 2, signedUpTo: 0 }])
})

test('a head that did not move is not signed again', async () => {
  await fill(1)
  await audit.signHead()
  clock.advance(1000)
  await audit.signHead()
  expect(await database.db.one(sql`select count(*) as count from audit_signature`)).toEqual({ count: 1n })
})

type Found = {
  records: { subject: string; event: string; description: string; recordId: string }[]
  nextCursor: string | null
}
const auditor = installation({ staff: { staffId: uuidv7(), role: 'auditor' } })
const search = (input: object): Promise<Found> =>
  call(auditRoutes({ db: database.db, clock, audit }), 'staff.audit-search', { limit: 50, ...input }, auditor)

test('each filter of the search finds exactly its records', async () => {
  const correlationId = uuidv7()
  await audit.record(event({ subject: 'a', description: '100% of_it' }))
  clock.advance(1000)
  const middleMs = clock.nowMs()
  await audit.record(event({ subject: 'b', correlationId }))
  clock.advance(1000)
  await audit.record(event({ subject: 'c', event: 'login.refused', outcome: 'failure' }))
  const subjects = async (filter: object): Promise<string[]> =>
    (await search(filter)).records.filter((r) => r.event !== 'audit.read').map((r) => r.subject)
  expect(await subjects({})).toEqual(['c', 'b', 'a'])
  expect(await subjects({ subject: 'b' })).toEqual(['b'])
  expect(await subjects({ event: 'login.refused' })).toEqual(['c'])
  expect(await subjects({ outcome: 'failure' })).toEqual(['c'])
  expect(await subjects({ correlationId })).toEqual(['b'])
  expect(await subjects({ fromMs: middleMs, toMs: middleMs })).toEqual(['b'])
  expect(await subjects({ text: '100% of_it' })).toEqual(['a'])
  // Signs that mean something in LIKE are plain text to the search.
  expect(await subjects({ text: '%o%' })).toEqual([])
})

test('pages of the search join without gap or repetition, and reading is itself recorded', async () => {
  await fill(9)
  const seen: string[] = []
  let cursor: string | undefined
  do {
    const page = await search({ limit: 4, event: 'login.succeeded', ...(cursor ? { cursor } : {}) })
    seen.push(...page.records.map((record) => record.recordId))
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
  expect(new Set(seen).size).toBe(9)
  expect(seen).toHaveLength(9)
  expect(seen).toEqual(seen.toSorted().toReversed())
  expect((await search({ event: 'audit.read' })).records[0]?.subject).toBe(auditor.staff?.staffId)
})

test.each(['x', '%%%', 'MTIz', Buffer.from(`1.${'-'.repeat(36)}`).toString('base64url')])(
  'the cursor %s is refused as malformed',
  async (cursor) => {
    await expect(search({ cursor })).rejects.toMatchObject({ code: 'request.malformed' })
  },
)

test('the route that verifies tells an intact chain from a broken one', async () => {
  await fill(3)
  const verify = () =>
    call<{ intact: boolean; pending: number }>(
      auditRoutes({ db: database.db, clock, audit }),
      'staff.audit-verify',
      {},
      auditor,
    )
  expect(await verify()).toMatchObject({ intact: true, pending: 0 })
  await database.db.execute(sql`update audit_record set body = body || ' ' where sequence = 2`)
  expect(await verify()).toMatchObject({ intact: false })
})
