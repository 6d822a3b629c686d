import {
  secureElementsContinue,
  secureElementsProvision,
  secureElementsServe,
  type OutputOf,
} from '@anqu/contract'
import { base64ToBytes, bytesToBase64 } from '@anqu/encoding'
import { sm2Decrypt, Sm2PrivateKey } from '@anqu/gm-crypto'
import { encodeCommand, parseResponse } from '@anqu/secure-element'
import type { AnquClient } from './client.ts'
import { parseKeys, type ClientCard } from './client-card.ts'
import { ConnectionLost, Refused } from './refused.ts'

type Script = OutputOf<typeof secureElementsContinue>
type Result = NonNullable<Script['result']>
type CardInput = { readonly keyInformation: string; readonly deliverTo: string }

/** The institution has locked the application on this card. */
export class CardLocked extends Error {
  readonly code = 'se.locked-by-issuer'
  constructor() {
    super('the application is locked by its issuer')
    this.name = 'CardLocked'
  }
}

/** What the TSM is about: finding out which card it is, getting in, bringing it on. */
export type ScriptStage = 'card-identified' | 'card-opened' | 'card-personalised'

const selectIssuer = { cla: 0x00, ins: 0xa4, p1: 0x04, p2: 0x00, data: new Uint8Array(0), ne: 256 }
const getKeys = { cla: 0x80, ins: 0xca, p1: 0x00, p2: 0xe0, data: new Uint8Array(0), ne: 256 }
const mostTries = 3

/**
 * Steps 1 to 4 of B-6.1 and the personalisation: the TSM installs the security service on this card and gives this client
 * instance channel keys of its own. Carries APDUs and reads none; a connection lost on the way is taken up again.
 */
export async function provisionCard(
  client: Pick<AnquClient, 'call'>,
  card: ClientCard,
  bindingId: string,
  onStage: (stage: ScriptStage) => void = () => undefined,
): Promise<Result> {
  const deliver = Sm2PrivateKey.generate()
  const result = await run(client, card, {
    deliver,
    begin: (input) => client.call(secureElementsProvision, { bindingId, ...input }),
    onStage,
  })
  if (result?.applicationState !== 'usable' || result.clientKeys === null) throw new CardLocked()
  const plain = sm2Decrypt(deliver, base64ToBytes(result.clientKeys.sealed))
  deliver.wipe()
  await card.take(parseKeys(result.clientKeys.version, plain))
  plain.fill(0)
  return result
}

/** Whatever waits for this card: an update, new keys, a lock. Undefined when there is nothing. */
export function serveCard(client: Pick<AnquClient, 'call'>, card: ClientCard): Promise<Result | undefined> {
  const deliver = Sm2PrivateKey.generate()
  const begin = (input: CardInput): Promise<Script> => client.call(secureElementsServe, input)
  return run(client, card, { deliver, begin, onStage: () => undefined })
}

type Run = {
  readonly deliver: Sm2PrivateKey
  readonly begin: (input: CardInput) => Promise<Script>
  readonly onStage: (stage: ScriptStage) => void
}

async function run(
  client: Pick<AnquClient, 'call'>,
  card: ClientCard,
  work: Run,
): Promise<Result | undefined> {
  for (let tries = 1; ; tries += 1)
    try {
      return await attempt(client, card, work)
    } catch (error) {
      const cut = error instanceof Refused && error.code === 'card.superseded'
      if (!cut || tries >= mostTries) throw error
    }
}

const passed: Readonly<Partial<Record<Script['stage'], ScriptStage>>> = {
  authenticate: 'card-identified',
  manage: 'card-opened',
  done: 'card-personalised',
}

async function attempt(
  client: Pick<AnquClient, 'call'>,
  card: ClientCard,
  work: Run,
): Promise<Result | undefined> {
  await card.relay(encodeCommand(selectIssuer))
  const information = parseResponse(await card.relay(encodeCommand(getKeys)))
  let script = await work.begin({
    keyInformation: bytesToBase64(information.data),
    deliverTo: bytesToBase64(work.deliver.publicKey.bytes),
  })
  while (script.stage !== 'done') {
    const answers: string[] = []
    for (const command of script.commands)
      answers.push(bytesToBase64(await card.relay(base64ToBytes(command))))
    const { scriptId, batch } = script
    script = await handBack(client, { scriptId, batch, answers })
    const stage = passed[script.stage]
    if (stage !== undefined) work.onStage(stage)
  }
  return script.result ?? undefined
}

/** A lost answer is asked for again: the same request gets the same answer. */
async function handBack(
  client: Pick<AnquClient, 'call'>,
  input: { scriptId: string; batch: number; answers: string[] },
): Promise<Script> {
  for (let tries = 1; ; tries += 1)
    try {
      return await client.call(secureElementsContinue, input)
    } catch (error) {
      if (!(error instanceof ConnectionLost) || tries >= mostTries) throw error
    }
}
