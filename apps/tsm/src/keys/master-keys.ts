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
import { givenUp } from '../cards/card-row.ts'
import type { CardKeys } from './card-keys.ts'
import { requireGivenUp, retireGivenUp, retireUnused } from './retire-master-key.ts'

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
  given_up: bigint
}
type RenewalRow = {
  renewal_id: string
  reason: string
  requester: string
  requested_at_ms: bigint
  retires: number | null
}

const renewalColumns = sql`renewal_id, reason, requester, requested_at_ms, retires`

/** Retired versions are listed for a while. */
const shownVersions = 20

/**
 * Versions of the master key. A new one takes two people, and so does the end of one that cards have which were given up;
 * cards move to the newest one by one, each at its next contact.
 */
export function createMasterKeys(needs: Needs): MasterKeys {
  const { db, clock, keys } = needs
  const list = async (): Promise<Answer> => ({ keys: await versions(db), renewal: await openRenewal(db) })
  return {
    list,
    async propose({ reason, requester, retires }) {
      if (retires !== null) await requireRetirable(db, retires)
      try {
        await db.execute(sql`
          insert into key_renewal (renewal_id, reason, state, requester, requested_at_ms, retires)
          values (${uuidv7(clock.nowMs())}, ${reason}, 'proposed', ${requester}, ${clock.nowMs()}, ${retires})`)
      } catch (error) {
        if (isUniqueViolation(error))
          throw new TsmRefusal('not-now', 'another proposal waits for approval already')
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

/** Told at once, not only when somebody approves: it is no version to retire. */
async function requireRetirable(db: Db, version: number): Promise<void> {
  const row = await db.maybe<{ version: number }>(sql`
    select version from master_key where version = ${version} and wrapped is not null
      and version < (select max(version) from master_key)`)
  if (row === undefined) throw new TsmRefusal('not-now', `${version} is current, or not held`)
  await requireGivenUp(db, version)
}

async function versions(db: Db): Promise<z.infer<typeof masterKey>[]> {
  const rows = await db.query<KeyRow>(sql`
    select version, created_at_ms, retired_at_ms, requested_by, approved_by,
      (select count(*) from card where key_version = master_key.version and not ${givenUp}) as cards,
      (select count(*) from card where key_version = master_key.version and ${givenUp}) as given_up
    from master_key where wrapped is not null or version > (select max(version) from master_key) - ${shownVersions}
    order by version desc`)
  return rows.map((row, at) => ({
    version: row.version,
    createdAtMs: Number(row.created_at_ms),
    state: row.retired_at_ms !== null ? 'retired' : at === 0 ? 'current' : 'replaced',
    cards: Number(row.cards),
    givenUp: Number(row.given_up),
    requester: row.requested_by,
    approver: row.approved_by,
  }))
}

async function openRenewal(db: Db): Promise<z.infer<typeof keyRenewal> | null> {
  const row = await db.maybe<RenewalRow>(
    sql`select ${renewalColumns} from key_renewal where state = 'proposed'`,
  )
  if (row === undefined) return null
  const { renewal_id: renewalId, reason, requester, retires } = row
  return { renewalId, reason, requester, requestedAtMs: Number(row.requested_at_ms), retires }
}

async function decide(
  tx: Queryable,
  needs: Needs,
  { renewalId, decision, actor }: z.infer<typeof keysDecideRequest>,
): Promise<void> {
  const row = await tx.maybe<RenewalRow>(sql`
    select ${renewalColumns} from key_renewal
    where renewal_id = ${renewalId} and state = 'proposed' for update`)
  if (row === undefined) throw new TsmRefusal('not-now', 'no such renewal waits')
  const { requester, retires } = row
  const { keys, records } = needs
  const why = { id: renewalId, text: `${row.reason} (${requester}, ${actor})` }
  const approved = decision === 'approve'
  if (approved && requester === actor) throw new TsmRefusal('second-person', 'approved by the requester')
  if (approved && retires !== null) await retireGivenUp(tx, needs, { version: retires, why })
  const isNew = approved && retires === null
  const version = isNew ? await keys.addVersion(tx, { requester, approver: actor }) : null
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
      detail: `version ${version}: ${why.text}`,
      cardId: null,
    })
}
