import { sql, type Clock, type Queryable } from '@anqu/platform'
import type { z } from 'zod'
import type { cardOrder, cardState } from '../api/schemas.ts'
import { TsmRefusal } from '../refused.ts'

/** A card as scripts see it. */
export type CardRow = {
  readonly card_id: string
  readonly kind: 'virtual' | 'physical'
  readonly holder: string | null
  readonly instance: string | null
  readonly state: z.infer<typeof cardState>
  readonly card_order: z.infer<typeof cardOrder>
  readonly lost: boolean
  readonly key_version: number
  readonly key_offered: number | null
  readonly transport_keys: Uint8Array | null
  readonly client_generation: number
  readonly client_master: number
  readonly client_correlation_id: string | null
  readonly package_aid: string | null
}

const columns = sql`card_id, kind, holder, instance, state, card_order, lost, key_version, key_offered, transport_keys, client_generation,
  client_master, client_correlation_id, package_aid`

/** Reported lost, or emptied for good: nobody waits for its next contact. */
export const givenUp = sql`(lost or state = 'deleted')`

/** Locks the card, so that two scripts about it go one after the other. */
export const lockCard = (tx: Queryable, cardId: string): Promise<CardRow | undefined> =>
  tx.maybe<CardRow>(sql`select ${columns} from card where card_id = ${cardId} for update`)

/** A virtual card shows itself for the first time, or again before its keys were replaced. */
export async function enrolVirtual(
  tx: Queryable,
  { cardId, transportKeys }: { readonly cardId: string; readonly transportKeys: Uint8Array },
  clock: Clock,
): Promise<void> {
  await tx.execute(sql`
    insert into card (card_id, kind, state, key_version, transport_keys, enrolled_at_ms)
    values (${cardId}, 'virtual', 'enrolled', 0, ${transportKeys}, ${clock.nowMs()})
    on conflict (card_id) do update set transport_keys = ${transportKeys} where card.key_version = 0`)
}

/**
 * Keys of this version go out to the card, which takes them or not: until it says which, neither its old nor this version is
 * retired. The version's row is held until then, against its being retired meanwhile.
 */
export async function offerKeyVersion(tx: Queryable, cardId: string, version: number): Promise<void> {
  const row = await tx.maybe<{ version: number }>(
    sql`select version from master_key where version = ${version} and wrapped is not null for share`,
  )
  if (row === undefined) throw new TsmRefusal('script-superseded', `master key ${version} was retired`)
  await tx.execute(sql`update card set key_offered = ${version} where card_id = ${cardId}`)
}

/** Whether one of these versions is not retired; it stays so until the transaction ends. */
export async function holdsAny(tx: Queryable, versions: readonly (number | null)[]): Promise<boolean> {
  const asked = versions.filter((version) => version !== null)
  const rows = await tx.query<{ version: number }>(
    sql`select version from master_key where version = any(${asked}::integer[]) and wrapped is not null for share`,
  )
  return rows.length > 0
}

/** The card has these keys, by its own word. The transport keys go with the end of the session they opened. */
export async function storeKeyVersion(tx: Queryable, cardId: string, version: number): Promise<void> {
  await tx.execute(
    sql`update card set key_version = ${version}, key_offered = null where card_id = ${cardId}`,
  )
}

/** Whether a card of this client instance has an order, an update or new keys to fetch. */
export async function isAnythingWaiting(
  tx: Queryable,
  { instance, keyVersion }: { readonly instance: string; readonly keyVersion: number },
): Promise<boolean> {
  const row = await tx.maybe<{ card_id: string }>(sql`
    select card_id from card where instance = ${instance} and state <> 'deleted' and (card_order <> 'none'
      or key_version <> ${keyVersion} or exists (select from campaign_open w where w.card_id = card.card_id))
    limit 1`)
  return row !== undefined
}
