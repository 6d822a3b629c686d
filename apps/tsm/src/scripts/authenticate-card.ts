import type { Queryable } from '@anqu/platform'
import { storeKeyVersion } from '../cards/card-row.ts'
import { TsmRefusal } from '../refused.ts'
import { resume } from './card-session.ts'
import { goOn } from './manage-card.ts'
import type { Script, ScriptAnswer } from './script-store.ts'
import type { ScriptNeeds } from './scripts.ts'

/** The card has let us in, has our keys, and has said what is on it. */
export async function authenticateCard(
  tx: Queryable,
  needs: ScriptNeeds,
  script: Script,
  answers: readonly Uint8Array[],
): Promise<ScriptAnswer> {
  const resumed = await resume(tx, needs, script, answers)
  const { opened, card } = resumed
  const entered = opened[0]?.statusWord
  if (entered !== 0x9000)
    throw new TsmRefusal('card-refused', `EXTERNAL AUTHENTICATE ${entered?.toString(16) ?? 'unanswered'}`)
  const renewed = opened.find(({ name }) => name === 'put issuer keys')
  const version = card.key_offered
  if (renewed?.statusWord === 0x9000 && version !== null) {
    // The check values came under the session's MAC: these keys are on the card.
    await storeKeyVersion(tx, card.card_id, version)
    await needs.records.recordIn(tx, {
      correlationId: script.correlationId,
      step: null,
      event: card.key_version === 0 ? 'card.transport-keys-replaced' : 'card.keys-renewed',
      from: 'tsm',
      to: 'se',
      outcome: 'success',
      detail: `master key ${version}`,
      cardId: card.card_id,
    })
  } else if (renewed === undefined) {
    // An earlier script may have put these keys there, and its answer was lost.
    const master = needs.keys.masterVersionOf(resumed.keySet.version)
    if (master !== undefined) await storeKeyVersion(tx, card.card_id, master)
  }
  return goOn(tx, needs, script, resumed)
}
