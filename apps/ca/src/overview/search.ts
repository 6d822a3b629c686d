import { bytesToBase64 } from '@anqu/encoding'
import { sql, type Sql } from '@anqu/platform'
import type { z } from 'zod'
import type * as api from '../api/overview.ts'
import type { ProfileName } from '../profiles/profiles.ts'
import { statusOf, type StatusNeeds } from '../status/certificate-status.ts'

type Summary = z.infer<typeof api.certificateSummary>
type Change = NonNullable<Summary['change']>
type Row = {
  serial: string
  profile: ProfileName
  profile_version: number
  account_id: string | null
  holder: string | null
  terminal_id: string | null
  state: 'good' | 'revoked' | 'suspended'
  issued_at_ms: bigint
  not_before_ms: bigint
  not_after_ms: bigint
  revoked_at_ms: bigint | null
  changed_by: string | null
  reason: string | null
  crl_reason: Change['crlReason'] | null
  renews: string | null
}

const columns = sql`serial, profile, profile_version, account_id, holder, terminal_id, state, issued_at_ms, not_before_ms,
  not_after_ms, revoked_at_ms, changed_by, reason, crl_reason, renews`

function toSummary(row: Row, needs: StatusNeeds): Summary {
  return {
    serial: row.serial,
    profile: row.profile,
    profileVersion: row.profile_version,
    accountId: row.account_id,
    holder: row.holder,
    terminalId: row.terminal_id,
    ...statusOf(row, needs),
    issuedAtMs: Number(row.issued_at_ms),
    notBeforeMs: Number(row.not_before_ms),
    notAfterMs: Number(row.not_after_ms),
    change:
      row.revoked_at_ms === null
        ? null
        : {
            atMs: Number(row.revoked_at_ms),
            by: row.changed_by ?? 'channel',
            reason: row.reason ?? '',
            crlReason: row.crl_reason ?? 'unspecified',
          },
    renews: row.renews,
  }
}

function conditions(request: z.infer<typeof api.searchRequest>, nowMs: number): Sql[] {
  const { serial, accountId, terminalId, profile, status } = request
  const list: Sql[] = []
  if (serial !== undefined) list.push(sql`serial = ${serial}`)
  if (accountId !== undefined) list.push(sql`account_id = ${accountId}`)
  if (terminalId !== undefined) list.push(sql`terminal_id = ${terminalId}`)
  if (profile !== undefined) list.push(sql`profile = ${profile}`)
  if (status === 'expired') list.push(sql`state = 'good' and not_after_ms <= ${nowMs}`)
  else if (status === 'good') list.push(sql`state = 'good' and not_after_ms > ${nowMs}`)
  else if (status !== undefined) list.push(sql`state = ${status}`)
  return [...list, ...expiryConditions(request, nowMs)]
}

function expiryConditions(
  { expiresFromMs, expiresBeforeMs }: z.infer<typeof api.searchRequest>,
  nowMs: number,
): Sql[] {
  if (expiresBeforeMs === undefined && expiresFromMs === undefined) return []
  const from = sql`not_after_ms >= ${expiresFromMs ?? nowMs + 1}`
  return expiresBeforeMs === undefined ? [from] : [from, sql`not_after_ms < ${expiresBeforeMs}`]
}

/** Where the next page begins: time and serial of the last one shown. A cursor that is none begins at the start. */
function afterCursor(text: string | undefined): Sql[] {
  const match = /^([0-9]{1,15})\.([0-9a-f]{16,40})$/.exec(text ?? '')
  const [, atMs, serial] = match ?? []
  return atMs === undefined || serial === undefined
    ? []
    : [sql`(issued_at_ms, serial) < (${BigInt(atMs)}, ${serial})`]
}

export async function searchCertificates(
  needs: StatusNeeds,
  request: z.infer<typeof api.searchRequest>,
  caller: string,
): Promise<z.infer<typeof api.searchAnswer>> {
  const where = [
    sql`caller = ${caller}`,
    ...conditions(request, needs.clock.nowMs()),
    ...afterCursor(request.cursor),
  ]
  const rows = await needs.db.query<Row>(sql`
    select ${columns} from certificate where ${sql.join(where, ' and ')}
    order by issued_at_ms desc, serial desc limit ${request.limit + 1}`)
  const page = rows.slice(0, request.limit)
  const last = rows.length > request.limit ? page.at(-1) : undefined
  return {
    certificates: page.map((row) => toSummary(row, needs)),
    nextCursor: last === undefined ? null : `${last.issued_at_ms}.${last.serial}`,
  }
}

export async function readCertificate(
  needs: StatusNeeds,
  serial: string,
  caller: string,
): Promise<z.infer<typeof api.readAnswer>> {
  const row = await needs.db.maybe<Row & { der: Uint8Array }>(
    sql`select ${columns}, der from certificate where serial = ${serial} and caller = ${caller}`,
  )
  return row === undefined
    ? { certificate: null, der: null }
    : { certificate: toSummary(row, needs), der: bytesToBase64(row.der) }
}
