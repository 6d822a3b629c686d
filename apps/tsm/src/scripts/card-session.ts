import { bytesToBase64 } from '@anqu/encoding'
import { StatusError, type KeySet } from '@anqu/secure-element'
import { IssuerSession, parseOpening, TRANSPORT_VERSION } from '@anqu/secure-element/issuer'
import type { Queryable } from '@anqu/platform'
import { lockCard, type CardRow } from '../cards/card-row.ts'
import { openTransport } from '../keys/transport-record.ts'
import { TsmRefusal } from '../refused.ts'
import type { OpenedCommand } from './opened-command.ts'
import type { PlannedCommand } from './plan.ts'
import { positionOf, type Script, type ScriptAnswer } from './script-store.ts'
import type { ScriptNeeds } from './scripts.ts'

/** A script's card and its session, built again from what is stored. */
export type Resumed = {
  readonly card: CardRow
  readonly keySet: KeySet
  readonly session: IssuerSession
  readonly opened: readonly OpenedCommand[]
}

/** @throws TsmRefusal when the card's answers do not belong to this session. */
export async function resume(
  tx: Queryable,
  needs: ScriptNeeds,
  script: Script,
  answers: readonly Uint8Array[],
): Promise<Resumed> {
  const { opening: openingBytes, hostChallenge, sent } = script.progress
  const card = script.cardId === null ? undefined : await lockCard(tx, script.cardId)
  if (card === undefined || openingBytes === null) throw new TsmRefusal('unknown-card', 'no card yet')
  const opening = parseOpening(openingBytes)
  const keySet = keysOf(needs, card, opening.keyVersion)
  const session = await IssuerSession.open({ keySet, hostChallenge, opening })
  if (session === undefined) throw new TsmRefusal('card-not-authentic', 'wrong card cryptogram')
  const opened: OpenedCommand[] = []
  for (const [at, { name, ...place }] of sent.entries()) {
    const answer = answers[at]
    if (answer === undefined) break
    opened.push({ name, ...(await open(session, answer, place)) })
  }
  return { card, keySet, session, opened }
}

function keysOf({ keys }: ScriptNeeds, card: CardRow, keyVersion: number): KeySet {
  const master = keys.masterVersionOf(keyVersion)
  if (master !== undefined) return keys.issuer(card.card_id, master)
  if (keyVersion !== TRANSPORT_VERSION || card.transport_keys === null)
    throw new TsmRefusal('script-superseded', 'the keys of this session are gone')
  return openTransport(keys, card.card_id, new Uint8Array(card.transport_keys))
}

async function open(
  session: IssuerSession,
  answer: Uint8Array,
  place: { chaining: Uint8Array; counter: number },
) {
  try {
    return await session.openAnswer(answer, positionOf(place))
  } catch (error) {
    if (error instanceof StatusError || error instanceof RangeError)
      throw new TsmRefusal('card-not-authentic', 'an answer was not made in this session')
    throw error
  }
}

/** Wraps the next commands of the session and makes them the script's next batch. */
export async function nextBatch(
  script: Script,
  session: IssuerSession,
  commands: readonly PlannedCommand[],
): Promise<ScriptAnswer> {
  const last = script.progress.sent.at(-1)
  if (last === undefined) throw new TsmRefusal('script-superseded', 'no session')
  const batch = await session.wrap(
    commands.map(({ command }) => command),
    positionOf(last),
  )
  script.progress = {
    ...script.progress,
    round: script.progress.round + 1,
    sent: batch.positions.map((position, at) => ({ name: commands[at]?.name ?? '', ...position })),
  }
  return {
    scriptId: script.scriptId,
    stage: 'manage',
    batch: script.batch + 1,
    commands: batch.commands.map(bytesToBase64),
    result: null,
  }
}
