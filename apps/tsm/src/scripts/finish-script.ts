import { bytesToBase64, concatBytes } from '@anqu/encoding'
import { sm2Encrypt, Sm2PublicKey } from '@anqu/gm-crypto'
import { sql, type Queryable } from '@anqu/platform'
import type { KeySet } from '@anqu/secure-element'
import type { CardRow } from '../cards/card-row.ts'
import { isLocked, packageOf, serviceOf } from './plan.ts'
import type { CardPicture } from './card-picture.ts'
import type { Script, ScriptAnswer } from './script-store.ts'
import type { ScriptNeeds } from './scripts.ts'
import type { Wanted } from './wanted-card.ts'

type End = { readonly picture: CardPicture; readonly wanted: Wanted; readonly card: CardRow }

/** The card is as it shall be, by its own word: that is stored, and the client gets its keys. */
export async function finish(
  tx: Queryable,
  needs: ScriptNeeds,
  script: Script,
  { picture, wanted, card }: End,
): Promise<ScriptAnswer> {
  const service = serviceOf(picture)
  const carried = packageOf(picture)
  const aid = carried?.aid ?? null
  const usable = isLocked(service) ? 'locked' : 'usable'
  const applicationState = service === undefined ? 'absent' : usable
  const state = { absent: 'deleted', locked: 'locked', usable: 'personalised' }[applicationState]
  const isUsed = script.goal === 'provision' && applicationState === 'usable'
  await tx.execute(sql`
    update card set state = ${state}, card_order = 'none', order_reason = null, package_aid = ${aid},
      transport_keys = null, lost = lost and ${!isUsed}, package_version = ${carried?.version ?? null}, last_contact_at_ms = ${needs.clock.nowMs()},
      holder = case when ${isUsed} then ${script.holder}::uuid else holder end,
      instance = case when ${isUsed} then ${script.instance} else instance end
    where card_id = ${card.card_id}`)
  if (carried !== undefined) await needs.campaignCards.carried(tx, card.card_id, carried)
  if (card.card_order !== 'none')
    await needs.records.recordIn(tx, {
      correlationId: script.correlationId,
      step: null,
      event: `card.${state}`,
      from: 'tsm',
      to: 'se',
      outcome: 'success',
      detail: `order ${card.card_order} carried out`,
      cardId: card.card_id,
    })
  return {
    scriptId: script.scriptId,
    stage: 'done',
    batch: script.batch + 1,
    commands: [],
    result: {
      cardId: card.card_id,
      packageAid: aid,
      packageVersion: carried?.version ?? null,
      applicationState,
      clientKeys: wanted.clientKeys === undefined ? null : sealFor(script, wanted.clientKeys),
    },
  }
}

/** For the client instance alone: the channel that carries it sees ciphertext. */
function sealFor(script: Script, { version, keys }: KeySet): { version: number; sealed: string } {
  const recipient = Sm2PublicKey.fromBytes(script.progress.deliverTo)
  const plain = concatBytes(keys.encryption, keys.mac, keys.data)
  try {
    return { version, sealed: bytesToBase64(sm2Encrypt(recipient, plain)) }
  } finally {
    plain.fill(0)
  }
}
