import { sql, uuidv7, type Clock, type Queryable } from '@anqu/platform'
import { givenUp } from '../cards/card-row.ts'
import type { Records } from '../records/records.ts'
import { TsmRefusal } from '../refused.ts'

type Needs = { readonly clock: Clock; readonly records: Records }

/**
 * A version stays while a card has it, may have taken it, or is given client keys from it. Whoever offers a version to a card
 * holds its row (`offerKeyVersion`), so that none is destroyed on its way.
 */
export async function retireUnused(tx: Queryable, { clock, records }: Needs): Promise<void> {
  await tx.query(sql`select version from master_key where wrapped is not null for update`)
  const rows = await tx.query<{ version: number }>(sql`
    update master_key m set wrapped = null, retired_at_ms = ${clock.nowMs()}
    where wrapped is not null and version < (select max(version) from master_key)
      and not exists (select from card where key_version = m.version or key_offered = m.version)
      and not exists (select from card c join script s on s.card_id = c.card_id and s.stage not in ('done', 'failed')
        where c.client_master = m.version and c.client_correlation_id = s.correlation_id)
    returning version`)
  for (const { version } of rows)
    await record(tx, records, uuidv7(clock.nowMs()), `version ${version}: no card uses it`)
}

/**
 * Destroys a version that only cards which were given up still have: they are lost to the TSM from then on, which takes two
 * people. Cards are locked before versions, as scripts do it.
 * @throws TsmRefusal for the current or a retired version, and while a card that is in use has it or a script is under way
 */
export async function retireGivenUp(
  tx: Queryable,
  { clock, records }: Needs,
  {
    version,
    why,
  }: { readonly version: number; readonly why: { readonly id: string; readonly text: string } },
): Promise<void> {
  const cards = await tx.query<{ card_id: string }>(sql`
    select card_id from card where key_version = ${version} or key_offered = ${version} order by card_id for update`)
  await requireGivenUp(tx, version)
  await tx.query(sql`select version from master_key where version = ${version} for update`)
  const retired = await tx.execute(sql`
    update master_key set wrapped = null, retired_at_ms = ${clock.nowMs()}
    where version = ${version} and wrapped is not null and version < (select max(version) from master_key)`)
  if (retired === 0) throw new TsmRefusal('not-now', 'the current version, or none that is held')
  await record(tx, records, why.id, `version ${version}, ${cards.length} cards given up: ${why.text}`)
}

/** @throws TsmRefusal when a card in use has that version, or speaks with the TSM at this moment. */
export async function requireGivenUp(tx: Queryable, version: number): Promise<void> {
  const { used, speaking } = await tx.one<{ used: bigint; speaking: bigint }>(sql`
    select count(*) filter (where not ${givenUp}) as used,
      count(*) filter (where exists (select from script s where s.card_id = card.card_id and s.stage not in ('done', 'failed')))
        as speaking
    from card where key_version = ${version} or key_offered = ${version}`)
  if (used > 0n || speaking > 0n) throw new TsmRefusal('not-now', `${used} cards in use, ${speaking} at work`)
}

function record(tx: Queryable, records: Records, correlationId: string, detail: string): Promise<void> {
  return records.recordIn(tx, {
    correlationId,
    step: null,
    event: 'master-key.retired',
    from: 'staff',
    to: 'tsm',
    outcome: 'success',
    detail: detail.slice(0, 300),
    cardId: null,
  })
}
