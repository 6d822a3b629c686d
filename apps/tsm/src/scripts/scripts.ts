import { base64ToBytes, bytesToBase64 } from '@anqu/encoding'
import type { Sm2PrivateKey } from '@anqu/gm-crypto'
import type { Certificate } from '@anqu/pki'
import { uuidv7, type Clock, type Db, type Queryable } from '@anqu/platform'
import { encodeCommand } from '@anqu/secure-element'
import {
  handOverTransportKeys,
  initializeUpdate,
  newHostChallenge,
  parseKeyVersions,
  selectIssuer,
  TRANSPORT_VERSION,
} from '@anqu/secure-element/issuer'
import type { z } from 'zod'
import type { scriptBegin, scriptContinue } from '../api/schemas.ts'
import type { CampaignCards } from '../campaigns/campaign-cards.ts'
import type { Campaigns } from '../campaigns/campaigns.ts'
import { isAnythingWaiting } from '../cards/card-row.ts'
import type { CardKeys } from '../keys/card-keys.ts'
import type { Packages } from '../packages/packages.ts'
import type { Publisher } from '../packages/publisher.ts'
import type { Records } from '../records/records.ts'
import { TsmRefusal } from '../refused.ts'
import { authenticateCard } from './authenticate-card.ts'
import { identifyCard } from './identify-card.ts'
import { manageCard } from './manage-card.ts'
import {
  findScript,
  forgetScripts,
  insertScript,
  saveScript,
  type Script,
  type ScriptAnswer,
} from './script-store.ts'

export type ScriptNeeds = {
  readonly db: Db
  readonly clock: Clock
  readonly records: Records
  readonly keys: CardKeys
  readonly packages: Packages
  readonly campaigns: Campaigns
  readonly campaignCards: CampaignCards
  readonly encryptionKey: Sm2PrivateKey
  /** The encryption certificate and what leads from it to the root, as cards check it. */
  readonly encryptionChain: readonly Certificate[]
  readonly publisher: Publisher
}

export type Scripts = {
  begin(request: z.infer<typeof scriptBegin>): Promise<ScriptAnswer>
  continue(request: z.infer<typeof scriptContinue>): Promise<ScriptAnswer>
  forget(): Promise<void>
}

const dayMs = 86_400_000

/**
 * Conversations with cards that the client carries: batches of APDUs go out, answers come back. Each step is stored before it
 * is answered, so a repeated request gets the same answer and a killed process goes on; a card that was cut off is asked what
 * it is and brought on from there.
 */
export function createScripts(needs: ScriptNeeds): Scripts {
  const { db, clock } = needs
  return {
    begin: (request) => db.transaction((tx) => begin(tx, needs, request)),
    async continue(request) {
      const outcome = await db.transaction(async (tx) => {
        const script = await findScript(tx, request.scriptId)
        if (script === undefined || script.instance !== request.instance)
          throw new TsmRefusal('not-found', 'no such script of this instance')
        // The answer to this batch was lost on the way: it is given again.
        if (script.batch === request.batch + 1) return script.answer
        if (script.batch !== request.batch || script.stage === 'done' || script.stage === 'failed')
          throw new TsmRefusal(
            'script-superseded',
            `batch ${request.batch} of ${script.batch}, ${script.stage}`,
          )
        return advance(
          tx,
          needs,
          script,
          request.answers.map((text) => base64ToBytes(text)),
        )
      })
      if (outcome instanceof TsmRefusal) throw outcome
      return outcome
    },
    forget: () => forgetScripts(db, clock.nowMs() - dayMs),
  }
}

async function begin(
  tx: Queryable,
  needs: ScriptNeeds,
  request: z.infer<typeof scriptBegin>,
): Promise<ScriptAnswer> {
  const { holder, instance, goal, correlationId } = request
  if (goal === 'provision' && holder === null) throw new TsmRefusal('not-now', 'nobody to provision for')
  const scriptId = uuidv7(needs.clock.nowMs())
  if (goal === 'serve' && !(await isAnythingWaiting(tx, { instance, keyVersion: needs.keys.current() })))
    return { scriptId, stage: 'done', batch: 0, commands: [], result: null }
  const keyInformation = base64ToBytes(request.keyInformation)
  const versions = parseKeyVersions(keyInformation)
  const keyVersion = versions.find((version) => needs.keys.masterVersionOf(version) !== undefined)
  const isNew = keyVersion === undefined && versions.includes(TRANSPORT_VERSION)
  if (keyVersion === undefined && !isNew) throw new TsmRefusal('unknown-card', 'it has no keys that we hold')
  const hostChallenge = newHostChallenge()
  const open = initializeUpdate(keyVersion ?? TRANSPORT_VERSION, hostChallenge)
  const commands = [
    selectIssuer(),
    ...(isNew ? [handOverTransportKeys(needs.encryptionChain)] : []),
    open,
  ].map((command) => bytesToBase64(encodeCommand(command)))
  const answer = { scriptId, stage: 'identify' as const, batch: 0, commands, result: null }
  const progress = {
    deliverTo: base64ToBytes(request.deliverTo),
    keyInformation,
    hostChallenge,
    opening: null,
    sent: [],
    round: 0,
    personalised: false,
    emptied: false,
  }
  const script = { scriptId, cardId: null, holder, instance, goal, correlationId, batch: 0, progress }
  await insertScript(tx, { ...script, stage: 'identify', answer }, needs.clock)
  if (goal === 'provision')
    await needs.records.recordIn(tx, {
      correlationId,
      step: 1,
      event: 'application.requested',
      from: 'user',
      to: 'client',
      outcome: 'success',
      detail: 'authenticated by the business system',
      cardId: null,
    })
  return answer
}

/** A refusal is committed with what it says about the script, and thrown by the caller afterwards. */
async function advance(
  tx: Queryable,
  needs: ScriptNeeds,
  script: Script,
  answers: readonly Uint8Array[],
): Promise<ScriptAnswer | TsmRefusal> {
  const step = { identify: identifyCard, authenticate: authenticateCard, manage: manageCard }
  const run = script.stage === 'done' || script.stage === 'failed' ? undefined : step[script.stage]
  if (run === undefined) throw new TsmRefusal('script-superseded', script.stage)
  try {
    script.answer = await run(tx, needs, script, answers)
    script.stage = script.answer.stage
    script.batch = script.answer.batch
    await saveScript(tx, script, needs.clock)
    return script.answer
  } catch (error) {
    if (!(error instanceof TsmRefusal)) throw error
    script.stage = 'failed'
    await saveScript(tx, script, needs.clock)
    if (script.cardId !== null) await needs.campaignCards.ended(tx, script.cardId, error)
    await needs.records.recordIn(tx, {
      correlationId: script.correlationId,
      step: null,
      event: `script.${error.code}`,
      from: 'tsm',
      to: 'client',
      outcome: 'failure',
      detail: error.message.slice(0, 300),
      cardId: script.cardId,
    })
    return error
  }
}
