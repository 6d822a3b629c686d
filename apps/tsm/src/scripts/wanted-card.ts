import { sql, type Queryable } from '@anqu/platform'
import { utf8ToBytes } from '@anqu/encoding'
import { sm3 } from '@anqu/gm-crypto'
import type { KeySet } from '@anqu/secure-element'
import type { CardRow } from '../cards/card-row.ts'
import { securityService, type PackageFile } from '../packages/packages.ts'
import { TsmRefusal } from '../refused.ts'
import type { CardPicture } from './card-picture.ts'
import { packageOf, type WantedCard } from './plan.ts'
import type { Script } from './script-store.ts'
import type { ScriptNeeds } from './scripts.ts'

export type Wanted = { readonly card: WantedCard; readonly clientKeys: KeySet | undefined }

/** How the card shall be: its order first, then what the client asked for. */
export async function wantedOf(
  tx: Queryable,
  needs: ScriptNeeds,
  script: Script,
  { card, picture }: { readonly card: CardRow; readonly picture: CardPicture },
): Promise<Wanted> {
  const provision = script.goal === 'provision'
  const none = { package: undefined, client: undefined, emptied: false }
  if (card.card_order === 'delete') return { card: { ...none, application: 'absent' }, clientKeys: undefined }
  const reclaimed = provision && card.lost
  // A lost card is locked for whoever has it, and emptied for the holder who binds it again with every proof. What was on a
  // card before it had keys of ours belongs to no client.
  const emptied = reclaimed || (provision && card.package_aid === null)
  const locked =
    !reclaimed && (card.card_order === 'lock' || (card.state === 'locked' && card.card_order !== 'unlock'))
  if (locked) return { card: { ...none, application: 'locked' }, clientKeys: undefined }
  const file =
    (await needs.campaigns.packageFor(tx, card.card_id)) ??
    (provision ? await needs.packages.active(tx, securityService) : undefined)
  if (!provision) return { card: { ...none, package: file, application: 'usable' }, clientKeys: undefined }
  if (file === undefined) throw new TsmRefusal('no-package', 'no active version of the security service')
  const keys = await clientKeys(tx, needs, script, card)
  const binding = needs.publisher.bindClient({
    cardId: card.card_id,
    version: keys.version,
    packageHash: sm3((await packageInPlace(tx, needs, picture, file)).loadFile),
    // The card keeps 32 bytes; an identifier may be longer.
    instance: sm3(utf8ToBytes(script.instance)),
  })
  return {
    card: { application: 'usable', package: file, client: { keys, binding }, emptied },
    clientKeys: keys,
  }
}

/** A newer version on the card than the one that is wanted stays there. */
async function packageInPlace(
  tx: Queryable,
  { packages }: ScriptNeeds,
  picture: CardPicture,
  wanted: PackageFile,
): Promise<PackageFile> {
  const version = packageOf(picture)?.version ?? 0
  if (version <= wanted.version) return wanted
  return (await packages.find(tx, wanted.aid, version)) ?? wanted
}

/** Fresh keys for each new provisioning; the same again when one is gone on with after a cut. */
async function clientKeys(
  tx: Queryable,
  { keys }: ScriptNeeds,
  script: Script,
  card: CardRow,
): Promise<KeySet> {
  const { card_id: cardId } = card
  // Keys of a master that was retired since are made anew.
  if (card.client_correlation_id === script.correlationId && keys.isHeld(card.client_master))
    return keys.client(cardId, { generation: card.client_generation, master: card.client_master })
  const given = { generation: card.client_generation + 1, master: keys.current() }
  await tx.execute(sql`
    update card set client_generation = ${given.generation}, client_master = ${given.master},
      client_correlation_id = ${script.correlationId} where card_id = ${cardId}`)
  return keys.client(cardId, given)
}
