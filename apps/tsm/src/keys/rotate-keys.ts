import { sql, type Db } from '@anqu/platform'
import type { z } from 'zod'
import type { keysAnswer, keysRotateRequest } from '../api/schemas.ts'
import { TsmRefusal } from '../refused.ts'
import type { CardKeys } from './card-keys.ts'

/** A new master key on two people's word; cards change to it at their next contact. */
export async function rotateKeys(
  { db, keys }: { readonly db: Db; readonly keys: CardKeys },
  { requester, approver }: z.infer<typeof keysRotateRequest>,
): Promise<z.infer<typeof keysAnswer>> {
  if (requester === approver) throw new TsmRefusal('second-person', 'a new master key takes a second person')
  await keys.rotate()
  const rows = await db.query<{ key_version: number; cards: bigint }>(
    sql`select key_version, count(*) as cards from card where state <> 'deleted' group by key_version`,
  )
  const cardsOf = (version: number): number =>
    Number(rows.find(({ key_version: of }) => of === version)?.cards ?? 0)
  return { keys: keys.versions().map((key) => ({ ...key, cards: cardsOf(key.version) })) }
}
