import { bytesToHex, concatBytes, utf8ToBytes } from '@anqu/encoding'
import { sm3 } from '@anqu/gm-crypto'
import { sql, uuidv7, type Clock, type Db, type Queryable } from '@anqu/platform'
import { z } from 'zod'
import {
  recordsReportRequest,
  type recordsAnswer,
  type recordsRequest,
  type recordsVerifyAnswer,
  type stepRecord,
} from '../api/schemas.ts'

/** Something that happened to a card or between the parties of B-6.1. */
export type StepEvent = {
  readonly correlationId: string
  readonly step: number | null
  readonly event: string
  readonly from: string
  readonly to: string
  readonly outcome: 'success' | 'failure'
  readonly detail: string
  readonly cardId: string | null
}

export type Records = {
  recordIn(tx: Queryable, event: StepEvent): Promise<void>
  report(input: z.infer<typeof recordsReportRequest>): Promise<{ count: number }>
  /** Moves what is pending into the chain. */
  seal(): Promise<number>
  list(query: z.infer<typeof recordsRequest>): Promise<z.infer<typeof recordsAnswer>>
  verify(): Promise<z.infer<typeof recordsVerifyAnswer>>
}

/** A record as it is hashed; written and read by this file alone. */
const stored = z.object({
  correlationId: z.string(),
  step: z.number().nullable(),
  event: z.string(),
  from: z.string(),
  to: z.string(),
  outcome: z.enum(['success', 'failure']),
  detail: z.string(),
  cardId: z.string().nullable(),
  atMs: z.number(),
})

type Row = { sequence: bigint; record_id: string; body: string; previous_hash: Uint8Array; hash: Uint8Array }

type SearchedRow = Row & { correlation_id: string; card_id: string | null; step: number | null }

const batch = 500
const origin = new Uint8Array(32)

/**
 * The records of the 17 steps of B-6.1 and of everything else done to cards: append only, each hashed with the one before.
 * They are durable first and chained afterwards, so that no work waits for the chain.
 */
export function createRecords({ db, clock }: { db: Db; clock: Clock }): Records {
  const insert = async (tx: Queryable, recordId: string, body: z.infer<typeof stored>): Promise<number> =>
    tx.execute(sql`
      insert into record_pending (record_id, body) select ${recordId}::uuid, ${JSON.stringify(body)}
      where not exists (select from step_record where record_id = ${recordId}::uuid) on conflict do nothing`)
  const seal = async (): Promise<number> => {
    let sealed = 0
    for (;;) {
      const count = await db.transaction((tx) => sealPending(tx))
      sealed += count
      if (count < batch) return sealed
    }
  }
  return {
    async recordIn(tx, event) {
      const atMs = clock.nowMs()
      await insert(tx, uuidv7(atMs), { ...event, atMs })
    },
    async report({ reports }) {
      let count = 0
      await db.transaction(async (tx) => {
        count = 0
        for (const { reportId, ...report } of reports)
          count += await insert(tx, reportId, { ...report, cardId: null })
      })
      return { count }
    },
    seal,
    async list(query) {
      await seal()
      return list(db, query)
    },
    async verify() {
      await seal()
      return verify(db)
    },
  }
}

/** One sealer at a time: the lock is on the newest record, or on the table while there is none. */
async function sealPending(tx: Queryable): Promise<number> {
  await tx.execute(sql`lock table step_record in exclusive mode`)
  const head = await tx.maybe<{ sequence: bigint; hash: Uint8Array }>(
    sql`select sequence, hash from step_record order by sequence desc limit 1`,
  )
  const pending = await tx.query<{ record_id: string; body: string }>(
    sql`select record_id, body from record_pending order by position limit ${batch}`,
  )
  let sequence = head?.sequence ?? 0n
  let previous: Uint8Array = head === undefined ? origin : new Uint8Array(head.hash)
  for (const { record_id: recordId, body } of pending) {
    sequence += 1n
    const hash = hashOf({ sequence, recordId, body, previous })
    const { correlationId, cardId, step, atMs } = stored.parse(JSON.parse(body))
    await tx.execute(sql`
      insert into step_record (sequence, record_id, correlation_id, card_id, step, at_ms, body, previous_hash, hash)
      values (${sequence}, ${recordId}, ${correlationId}, ${cardId}, ${step}, ${atMs}, ${body}, ${previous}, ${hash})`)
    await tx.execute(sql`delete from record_pending where record_id = ${recordId}`)
    previous = hash
  }
  return pending.length
}

function hashOf(record: {
  sequence: bigint
  recordId: string
  body: string
  previous: Uint8Array
}): Uint8Array {
  const head = utf8ToBytes(`anqu-tsm-record-v1\n${record.sequence}\n${record.recordId}\n`)
  return sm3(concatBytes(head, record.previous, utf8ToBytes(record.body)))
}

async function list(db: Db, query: z.infer<typeof recordsRequest>): Promise<z.infer<typeof recordsAnswer>> {
  const { cursor, limit } = query
  const [correlationId, cardId] = [query.correlationId ?? null, query.cardId ?? null]
  const after = cursor === null ? 0n : BigInt(/^[0-9]{1,18}$/.exec(cursor)?.[0] ?? 0)
  const rows = await db.query<Row>(sql`
    select sequence, record_id, body, previous_hash, hash from step_record
    where sequence > ${after} and (${correlationId}::uuid is null or correlation_id = ${correlationId}::uuid)
      and (${cardId}::text is null or card_id = ${cardId}::text)
    order by sequence limit ${limit}`)
  const records = rows.map((row): z.infer<typeof stepRecord> => ({
    ...stored.parse(JSON.parse(row.body)),
    sequence: Number(row.sequence),
    hash: bytesToHex(row.hash),
  }))
  return { records, nextCursor: rows.length === limit ? String(rows.at(-1)?.sequence ?? '') : null }
}

async function verify(db: Db): Promise<z.infer<typeof recordsVerifyAnswer>> {
  let expected = 1n
  let previous: Uint8Array = origin
  let records = 0
  for (;;) {
    const rows = await db.query<SearchedRow>(
      sql`select sequence, record_id, body, previous_hash, hash, correlation_id, card_id, step from step_record
        where sequence >= ${expected} order by sequence limit ${batch}`,
    )
    for (const row of rows) {
      const { correlationId, cardId, step } = stored.parse(JSON.parse(row.body))
      const hash = hashOf({ sequence: row.sequence, recordId: row.record_id, body: row.body, previous })
      const whole =
        row.sequence === expected &&
        bytesToHex(hash) === bytesToHex(row.hash) &&
        // What is searched by says what was hashed.
        row.correlation_id === correlationId &&
        row.card_id === cardId &&
        row.step === step
      if (!whole) return { records, brokenAtSequence: Number(expected) }
      previous = hash
      expected += 1n
      records += 1
    }
    if (rows.length < batch) return { records, brokenAtSequence: null }
  }
}
