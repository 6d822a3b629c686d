import { base64ToBytes, bytesToHex, ParseError, utf8ToBytes } from '@anqu/encoding'
import { GmCryptoError, sm3, type Sm2PrivateKey } from '@anqu/gm-crypto'
import { sql, uuidv7, type Clock, type Db, type Queryable } from '@anqu/platform'
import type { KeySet } from '@anqu/secure-element'
import { openTransportKeys, TRANSPORT_VERSION } from '@anqu/secure-element/issuer'
import type { z } from 'zod'
import type {
  batch,
  batchDecideRequest,
  batchesAnswer,
  batchesRequest,
  batchProposeAnswer,
  batchProposeRequest,
} from '../api/schemas.ts'
import type { CardKeys } from '../keys/card-keys.ts'
import { sealTransport } from '../keys/transport-record.ts'
import type { Records } from '../records/records.ts'
import { TsmRefusal } from '../refused.ts'
import { mostProblems, parseBatchFile, type BatchLine, type Problem } from './batch-file.ts'

type View = z.infer<typeof batch>

export type Batches = {
  /** Whole or not at all: with one bad line nothing of the file is kept. */
  propose(request: z.infer<typeof batchProposeRequest>): Promise<z.infer<typeof batchProposeAnswer>>
  decide(request: z.infer<typeof batchDecideRequest>): Promise<View>
  list(query: z.infer<typeof batchesRequest>): Promise<z.infer<typeof batchesAnswer>>
}

type Needs = {
  readonly db: Db
  readonly clock: Clock
  readonly records: Records
  readonly keys: CardKeys
  readonly encryptionKey: Sm2PrivateKey
}

type Row = {
  batch_id: string
  name: string
  file_hash: Uint8Array
  state: View['state']
  cards: number
  requester: string
  requested_at_ms: bigint
  decided_by: string | null
}

const columns = sql`batch_id, name, file_hash, state, cards, requester, requested_at_ms, decided_by`

const viewOf = (row: Row): View => ({
  batchId: row.batch_id,
  name: row.name,
  fileHash: bytesToHex(row.file_hash),
  state: row.state,
  cards: row.cards,
  requester: row.requester,
  requestedAtMs: Number(row.requested_at_ms),
  decidedBy: row.decided_by,
})

/** Physical cards by their manufacturer's list: who they are and the keys they were born with. */
export function createBatches(needs: Needs): Batches {
  const { db } = needs
  return {
    async propose(request) {
      const { lines, problems } = parseBatchFile(request.file)
      const opened = lines.map((line) => ({ line, keySet: openLine(needs.encryptionKey, line) }))
      const bad = [
        ...problems,
        ...opened.flatMap(({ line: { line }, keySet }) =>
          keySet === undefined ? [{ line, reason: 'transport-keys' as const }] : [],
        ),
        ...(await enrolledAlready(db, lines)),
      ]
      if (bad.length > 0)
        return { batch: null, problems: bad.toSorted((a, b) => a.line - b.line).slice(0, mostProblems) }
      return { batch: await store(needs, request, opened), problems: [] }
    },
    decide: (request) => db.transaction((tx) => decide(tx, needs, request)),
    async list({ cursor, limit }) {
      const rows = await db.query<Row>(sql`
        select ${columns} from card_batch where (${cursor}::uuid is null or batch_id < ${cursor}::uuid)
        order by batch_id desc limit ${limit}`)
      return {
        batches: rows.map(viewOf),
        nextCursor: rows.length === limit ? (rows.at(-1)?.batch_id ?? null) : null,
      }
    },
  }
}

/** Undefined for anything but this card's first keys under the TSM's certificate; which of it is not told apart. */
function openLine(key: Sm2PrivateKey, { cardId, sealedKeys }: BatchLine): KeySet | undefined {
  try {
    const opened = openTransportKeys(key, base64ToBytes(sealedKeys))
    return opened.cardId === cardId && opened.keySet.version === TRANSPORT_VERSION ? opened.keySet : undefined
  } catch (error) {
    if (error instanceof GmCryptoError || error instanceof ParseError) return undefined
    throw error
  }
}

async function enrolledAlready(db: Db, lines: readonly BatchLine[]): Promise<Problem[]> {
  const ids = lines.map(({ cardId }) => cardId)
  const rows = await db.query<{ card_id: string }>(
    sql`select card_id from card where card_id = any(${ids}::text[])`,
  )
  const known = new Set(rows.map(({ card_id: cardId }) => cardId))
  return lines.filter(({ cardId }) => known.has(cardId)).map(({ line }) => ({ line, reason: 'enrolled' }))
}

async function store(
  { db, clock, keys }: Needs,
  { name, file, requester }: z.infer<typeof batchProposeRequest>,
  opened: readonly { readonly line: BatchLine; readonly keySet: KeySet | undefined }[],
): Promise<View> {
  const batchId = uuidv7(clock.nowMs())
  return db.transaction(async (tx) => {
    for (const { line, keySet } of opened)
      if (keySet !== undefined)
        await tx.execute(sql`
          insert into card_batch_line (batch_id, card_id, transport_keys)
          values (${batchId}, ${line.cardId}, ${sealTransport(keys, line.cardId, keySet)})`)
    const row = await tx.one<Row>(sql`
      insert into card_batch (batch_id, name, file_hash, state, cards, requester, requested_at_ms)
      values (${batchId}, ${name}, ${sm3(utf8ToBytes(file))}, 'proposed', ${opened.length}, ${requester}, ${clock.nowMs()})
      returning ${columns}`)
    return viewOf(row)
  })
}

async function decide(
  tx: Queryable,
  { clock, records }: Needs,
  { batchId, decision, actor }: z.infer<typeof batchDecideRequest>,
): Promise<View> {
  const row = await tx.maybe<Row>(
    sql`select ${columns} from card_batch where batch_id = ${batchId} for update`,
  )
  if (row === undefined) throw new TsmRefusal('not-found', `no batch ${batchId}`)
  if (row.state !== 'proposed') throw new TsmRefusal('not-now', `a batch that is ${row.state}`)
  const approved = decision === 'approve'
  if (approved && row.requester === actor) throw new TsmRefusal('second-person', 'approved by the requester')
  if (approved) {
    const taken = await tx.query<{ card_id: string }>(sql`
      insert into card (card_id, kind, state, key_version, transport_keys, enrolled_at_ms)
      select card_id, 'physical', 'enrolled', 0, transport_keys, ${clock.nowMs()} from card_batch_line
      where batch_id = ${batchId} on conflict do nothing returning card_id`)
    if (taken.length !== row.cards) throw new TsmRefusal('known-card', 'one of them was enrolled since')
    for (const { card_id: cardId } of taken)
      await records.recordIn(tx, {
        correlationId: batchId,
        step: null,
        event: 'card.enrolled',
        from: 'staff',
        to: 'tsm',
        outcome: 'success',
        detail: `${row.name} (${row.requester}, ${actor})`,
        cardId,
      })
  }
  await tx.execute(sql`delete from card_batch_line where batch_id = ${batchId}`)
  const decided = await tx.one<Row>(sql`
    update card_batch set state = ${approved ? 'enrolled' : 'rejected'}, decided_by = ${actor},
      decided_at_ms = ${clock.nowMs()} where batch_id = ${batchId} returning ${columns}`)
  return viewOf(decided)
}
