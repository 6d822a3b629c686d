import { isUniqueViolation, sql, uuidv7, type Clock, type Db, type Queryable } from '@anqu/platform'
import type { z } from 'zod'
import type {
  keyRenewal,
  keysAnswer,
  keysDecideRequest,
  keysProposeRequest,
  masterKey,
} from '../api/schemas.ts'
import type { Records } from '../records/records.ts'
import { TsmRefusal } from '../refused.ts'
import type { CardKeys } from './card-keys.ts'

type Answer = z.infer<typeof keysAnswer>

export type MasterKeys = {
  list(): Promise<Answer>
  propose(request: z.infer<typeof keysProposeRequest>): Promise<Answer>
  decide(request: z.infer<typeof keysDecideRequest>): Promise<Answer>
  /** Destroys the keys of versions that no card uses or may have taken. */
  retireUnused(): Promise<void>
}

type Needs = { readonly db: Db; readonly clock: Clock; readonly records: Records; readonly keys: CardKeys }
type KeyRow = {
  version: number
  created_at_ms: bigint
  retired_at_ms: bigint | null
  requested_by: string | null
  approved_by: string | null
  cards: bigint
}
type RenewalRow = { renewal_id: string; reason: string; requester: string; requested_at_ms: bigint }

/** Versions of the master key. A new one takes two people; cards move to it one by one, each at its next contact. */
export function createMasterKeys(needs: Needs): MasterKeys {
  const { db, clock, keys } = needs
  const list = async (): Promise<Answer> => ({ keys: await versions(db), renewal: await openRenewal(db) })
  return {
    list,
    async propose({ reason, requester }) {
      try {
        await db.execute(sql`
          insert into key_renewal (renewal_id, reason, state, requester, requested_at_ms)
          values (${uuidv7(clock.nowMs())}, ${reason}, 'proposed', ${requester}, ${clock.nowMs()})`)
      } catch (error) {
        if (isUniqueViolation(error)) throw new TsmRefusal('not-now', 'a renewal waits for approval already')
        throw error
      }
      return list()
    },
    async decide(request) {
      await db.transaction((tx) => decide(tx, needs, request))
      await keys.reload()
      return list()
    },
    async retireUnused() {
      await db.transaction((tx) => retireUnused(tx, needs))
      await keys.reload()
    },
  }
}

async function versions(db: Db): Promise<z.infer<typeof masterKey>[]> {
  const rows = await db.query<KeyRow>(sql`
    select version, created_at_ms, retired_at_ms, requested_by, approved_by,
      (select count(*) from card where key_version = master_key.version) as cards
    from master_key order by version desc`)
  return rows.map((row, at) => ({
    version: row.version,
    createdAtMs: Number(row.created_at_ms),
    state: row.retired_at_ms !== null ? 'retired' : at === 0 ? 'current' : 'replaced',
    cards: Number(row.cards),
    requester: row.requested_by,
    approver: row.approved_by,
  }))
}

async function openRenewal(db: Db): Promise<z.infer<typeof keyRenewal> | null> {
  const row = await db.maybe<RenewalRow>(
    sql`select renewal_id, reason, requester, requested_at_ms from key_renewal where state = 'proposed'`,
  )
  if (row === undefined) return null
  const { renewal_id: renewalId, reason, requester } = row
  return { renewalId, reason, requester, requestedAtMs: Number(row.requested_at_ms) }
}

async function decide(
  tx: Queryable,
  { keys, records }: Needs,
  { renewalId, decision, actor }: z.infer<typeof keysDecideRequest>,
): Promise<void> {
  const row = await tx.maybe<RenewalRow>(sql`
    select renewal_id, reason, requester, requested_at_ms from key_renewal
    where renewal_id = ${renewalId} and state = 'proposed' for update`)
  if (row === undefined) throw new TsmRefusal('not-now', 'no such renewal waits')
  const { requester } = row
  const approved = decision === 'approve'
  if (approved && requester === actor) throw new TsmRefusal('second-person', 'approved by the requester')
  const version = approved ? await keys.addVersion(tx, { requester, approver: actor }) : null
  await tx.execute(sql`
    update key_renewal set state = ${approved ? 'approved' : 'rejected'}, decided_by = ${actor}, version = ${version}
    where renewal_id = ${renewalId}`)
  if (version !== null)
    await records.recordIn(tx, {
      correlationId: renewalId,
      step: null,
      event: 'master-key.renewed',
      from: 'staff',
      to: 'tsm',
      outcome: 'success',
      detail: `version ${version}: ${row.reason} (${requester}, ${actor})`,
      cardId: null,
    })
}

/**
 * A version stays while a card has it, may have taken it, or is given client keys from it. Whoever offers a version to a card
 * holds its row (`offerKeyVersion`), so that none is destroyed on its way.
 */
async function retireUnused(tx: Queryable, { clock, records }: Needs): Promise<void> {
  await tx.query(sql`select version from master_key where wrapped is not null for update`)
  const rows = await tx.query<{ version: number }>(sql`
    update master_key m set wrapped = null, retired_at_ms = ${clock.nowMs()}
    where wrapped is not null and version < (select max(version) from master_key)
      and not exists (select from card where key_version = m.version or key_offered = m.version)
      and not exists (select from card c join script s on s.card_id = c.card_id and s.stage not in ('done', 'failed')
        where c.client_master = m.version and c.client_correlation_id = s.correlation_id)
    returning version`)
  for (const { version } of rows)
    await records.recordIn(tx, {
      correlationId: uuidv7(clock.nowMs()),
      step: null,
      event: 'master-key.retired',
      from: 'tsm',
      to: 'tsm',
      outcome: 'success',
      detail: `version ${version}: no card uses it`,
      cardId: null,
    })
}
