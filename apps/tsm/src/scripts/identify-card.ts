import { base64ToBytes, bytesToBase64, ParseError } from '@anqu/encoding'
import { GmCryptoError } from '@anqu/gm-crypto'
import type { Queryable } from '@anqu/platform'
import { parseCommand, parseResponse, type KeySet } from '@anqu/secure-element'
import {
  IssuerSession,
  openTransportKeys,
  parseOpening,
  putKey,
  TRANSPORT_VERSION,
  type CardOpening,
} from '@anqu/secure-element/issuer'
import { enrolVirtual, holdsAny, lockCard, offerKeyVersion, storeKeyVersion } from '../cards/card-row.ts'
import { openTransport, sealTransport } from '../keys/transport-record.ts'
import { TsmRefusal } from '../refused.ts'
import { pictureQuestions, type PlannedCommand } from './plan.ts'
import { supersede, type Script, type ScriptAnswer } from './script-store.ts'
import type { ScriptNeeds } from './scripts.ts'

const insHandOver = 0x5c

/**
 * The card has said who it is. Its keys are found, its cryptogram checked, and the session opened; at the first contact the
 * transport keys are replaced at once (B-6.1, first contact), in the same batch.
 */
export async function identifyCard(
  tx: Queryable,
  needs: ScriptNeeds,
  script: Script,
  answers: readonly Uint8Array[],
): Promise<ScriptAnswer> {
  const { sealed, openingBytes } = readAnswers(script, answers)
  const opening = readOpening(openingBytes)
  const keySet = await keysOf(tx, needs, opening, sealed)
  const { hostChallenge } = script.progress
  const session = await IssuerSession.open({ keySet, hostChallenge, opening })
  if (session === undefined) throw new TsmRefusal('card-not-authentic', 'wrong card cryptogram')
  script.cardId = opening.cardId
  await supersede(tx, opening.cardId, script.scriptId)
  const commands = [...(await renewal(tx, needs, opening, keySet)), ...pictureQuestions()]
  const batch = await session.wrapFirst(commands.map(({ command }) => command))
  session.wipe()
  const names = ['open channel', ...commands.map(({ name }) => name)]
  script.progress = {
    ...script.progress,
    opening: openingBytes,
    sent: batch.positions.map((position, at) => ({ name: names[at] ?? '', ...position })),
  }
  return {
    scriptId: script.scriptId,
    stage: 'authenticate',
    batch: script.batch + 1,
    commands: batch.commands.map(bytesToBase64),
    result: null,
  }
}

/** The issuer's own keys in the place of the transport keys, or of keys of an older master. */
async function renewal(
  tx: Queryable,
  { keys }: ScriptNeeds,
  opening: CardOpening,
  session: KeySet,
): Promise<PlannedCommand[]> {
  const { cardId } = opening
  const current = keys.issuer(cardId, keys.current())
  if (current.version === opening.keyVersion) return []
  // The card has shown which keys it has now; what was offered before and not taken is offered no more.
  const had = keys.masterVersionOf(opening.keyVersion)
  if (had !== undefined) await storeKeyVersion(tx, cardId, had)
  await offerKeyVersion(tx, cardId, keys.current())
  const command = await putKey(current, { replaced: opening.keyVersion, session })
  return [{ name: 'put issuer keys', command }]
}

/** The keys this card must hold. @throws TsmRefusal when there are none. */
async function keysOf(
  tx: Queryable,
  needs: ScriptNeeds,
  opening: CardOpening,
  sealed: Uint8Array | undefined,
): Promise<KeySet> {
  const { keys, clock } = needs
  const { cardId, keyVersion } = opening
  const master = keys.masterVersionOf(keyVersion)
  const known = await lockCard(tx, cardId)
  // Given up and without a key of ours since: its number on the card may be another version's by now.
  if (known !== undefined && known.key_version !== 0)
    if (!(await holdsAny(tx, [known.key_version, known.key_offered])))
      throw new TsmRefusal('unknown-card', `master key ${known.key_version} was retired`)
  if (master !== undefined && known !== undefined) return keys.issuer(cardId, master)
  if (keyVersion !== TRANSPORT_VERSION) throw new TsmRefusal('unknown-card', `key version ${keyVersion}`)
  // An older copy of a card's memory, or another card under its name.
  if (known !== undefined && known.key_version !== 0)
    throw new TsmRefusal('foreign-card', 'this card has had its transport keys replaced')
  if (known?.kind === 'physical' && known.transport_keys !== null)
    return openTransport(keys, cardId, new Uint8Array(known.transport_keys))
  const handed = openEnvelope(needs, sealed)
  if (handed.cardId !== cardId)
    throw new TsmRefusal('foreign-card', 'the keys handed over are another card’s')
  const transportKeys = sealTransport(keys, cardId, handed.keySet)
  await enrolVirtual(tx, { cardId, transportKeys }, clock)
  return handed.keySet
}

function openEnvelope({ encryptionKey }: ScriptNeeds, sealed: Uint8Array | undefined) {
  if (sealed === undefined) throw new TsmRefusal('unknown-card', 'the card handed no keys over')
  try {
    return openTransportKeys(encryptionKey, sealed)
  } catch (error) {
    if (error instanceof GmCryptoError || error instanceof ParseError)
      throw new TsmRefusal('card-not-authentic', 'what was handed over is not under our certificate')
    throw error
  }
}

/** The answers to SELECT, to the request for transport keys where there was one, and to INITIALIZE UPDATE. */
function readAnswers(script: Script, answers: readonly Uint8Array[]) {
  const commands = script.answer.commands.map((text) => parseCommand(base64ToBytes(text)))
  const bodies = answers.map((answer) => parseResponse(answer))
  const handOverAt = commands.findIndex(({ ins }) => ins === insHandOver)
  const handedOver = handOverAt === -1 ? undefined : bodies[handOverAt]
  const opened = bodies[commands.length - 1]
  if (opened?.statusWord !== 0x9000)
    throw new TsmRefusal(
      'card-refused',
      `INITIALIZE UPDATE ${opened?.statusWord.toString(16) ?? 'unanswered'}`,
    )
  return {
    sealed: handedOver?.statusWord === 0x9000 ? handedOver.data : undefined,
    openingBytes: opened.data,
  }
}

function readOpening(bytes: Uint8Array): CardOpening {
  try {
    return parseOpening(bytes)
  } catch (error) {
    if (error instanceof ParseError)
      throw new TsmRefusal('card-refused', 'not an answer of the secure channel')
    throw error
  }
}
