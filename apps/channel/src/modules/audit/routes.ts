import { Refusal, staffAuditSearch, staffAuditVerify, type OutputOf } from '@anqu/contract'
import {
  base64UrlToBytes,
  bytesToBase64Url,
  bytesToHex,
  bytesToUtf8,
  ParseError,
  utf8ToBytes,
} from '@anqu/encoding'
import { sql, type Clock, type Db } from '@anqu/platform'
import { bind, type BoundRoute, type RequestContext } from '../../http/bound-route.ts'
import type { AuditEvent } from '../../needs/audit.ts'
import type { Audit } from './module.ts'
import { findRecords, type ChainRow } from './store/audit-store.ts'

type View = OutputOf<typeof staffAuditSearch>['records'][number]

const viewOf = (row: ChainRow): View => {
  // Written by this module as canonical JSON of an event with its id and time.
  const record = JSON.parse(row.body) as Omit<View, 'chain' | 'sequence' | 'previousHash' | 'hash'>
  return {
    ...record,
    chain: row.chain,
    sequence: Number(row.sequence),
    previousHash: bytesToHex(row.previous_hash),
    hash: bytesToHex(row.hash),
  }
}

const cursorOf = (record: View): string => bytesToBase64Url(utf8ToBytes(`${record.atMs}.${record.recordId}`))

function parseCursor(cursor: string): { atMs: number; recordId: string } {
  const match = /^([0-9]{1,15})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(textOf(cursor))
  if (match?.[1] === undefined || match[2] === undefined) throw new Refusal('request.malformed', 'cursor')
  return { atMs: Number(match[1]), recordId: match[2] }
}

/** A cursor is the caller's text: one that is no base64 or no UTF-8 is malformed, not a fault of ours. */
function textOf(cursor: string): string {
  try {
    return bytesToUtf8(base64UrlToBytes(cursor))
  } catch (error) {
    if (error instanceof ParseError) throw new Refusal('request.malformed', 'cursor')
    throw error
  }
}

/** Reading the log is itself a recorded event (A-5.11-10). */
const accessEvent = (context: RequestContext, description: string, resource: string): AuditEvent => ({
  event: 'audit.read',
  eventClass: 'audit-access',
  outcome: 'success',
  subject: context.staff?.staffId ?? 'anonymous',
  description,
  origin: context.origin,
  resource,
  correlationId: context.correlationId,
})

export function auditRoutes(needs: { db: Db; clock: Clock; audit: Audit }): BoundRoute[] {
  const { db, clock, audit } = needs
  return [
    bind(staffAuditSearch, async (input, context) => {
      const { cursor, ...filter } = input
      await audit.record(
        accessEvent(context, 'Searched the audit log', `filters:${Object.keys(filter).join(',')}`),
      )
      await audit.seal()
      const before = cursor === undefined ? undefined : parseCursor(cursor)
      const records = (await findRecords(db, { ...filter, before })).map((row) => viewOf(row))
      const last = records.at(-1)
      return {
        records,
        nextCursor: last !== undefined && records.length === input.limit ? cursorOf(last) : null,
      }
    }),
    bind(staffAuditVerify, async (_input, context) => {
      const startedAtMs = clock.nowMs()
      await audit.record(accessEvent(context, 'Verified the audit chain', 'audit-chain'))
      await audit.seal()
      await audit.signHead()
      const chains = await audit.verify()
      const pending = await db.one<{ count: bigint }>(sql`select count(*) as count from audit_pending`)
      return {
        intact: chains.every((chain) => chain.brokenAtSequence === null),
        records: chains.reduce((sum, chain) => sum + chain.records, 0),
        pending: Number(pending.count),
        durationMs: clock.nowMs() - startedAtMs,
        chains: chains.map(({ headHash, ...chain }) => ({ ...chain, headHash: bytesToHex(headHash) })),
      }
    }),
  ]
}
