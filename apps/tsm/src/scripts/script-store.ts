import { base64ToBytes, bytesToBase64 } from '@anqu/encoding'
import { sql, type Clock, type Queryable } from '@anqu/platform'
import type { SessionPosition } from '@anqu/secure-element/issuer'
import { z } from 'zod'
import { scriptAnswer } from '../api/schemas.ts'

export type ScriptAnswer = z.infer<typeof scriptAnswer>

const asBase64 = z.codec(
  z.base64(),
  z.custom<Uint8Array>((value) => value instanceof Uint8Array),
  {
    decode: (text) => base64ToBytes(text),
    encode: (bytes) => bytesToBase64(bytes),
  },
)

/** What of a script outlives its process. No key is in it: session keys derive from the card's keys and both challenges. */
export const progress = z.object({
  deliverTo: asBase64,
  keyInformation: asBase64,
  hostChallenge: asBase64,
  /** The card's answer to INITIALIZE UPDATE. */
  opening: asBase64.nullable(),
  /** Commands of the batch that is out: what they are for, and where the session stands after each. */
  sent: z.array(z.object({ name: z.string(), chaining: asBase64, counter: z.int() })),
  round: z.int(),
  personalised: z.boolean(),
  emptied: z.boolean(),
})
export type Progress = z.output<typeof progress>

export type Script = {
  readonly scriptId: string
  cardId: string | null
  readonly holder: string | null
  readonly instance: string
  readonly goal: 'provision' | 'serve'
  readonly correlationId: string
  stage: ScriptAnswer['stage']
  batch: number
  progress: Progress
  answer: ScriptAnswer
}

type Row = {
  script_id: string
  card_id: string | null
  holder: string | null
  instance: string
  goal: Script['goal']
  correlation_id: string
  stage: Script['stage']
  batch: number
  progress: unknown
  answer: unknown
}

export const positionOf = ({
  chaining,
  counter,
}: {
  chaining: Uint8Array
  counter: number
}): SessionPosition => ({
  chaining,
  counter,
})

export async function insertScript(tx: Queryable, script: Script, clock: Clock): Promise<void> {
  const { scriptId, cardId, holder, instance, goal, correlationId, stage, batch, answer } = script
  await tx.execute(sql`
    insert into script (script_id, card_id, holder, instance, goal, correlation_id, stage, batch, progress, answer,
      created_at_ms, changed_at_ms)
    values (${scriptId}, ${cardId}, ${holder}, ${instance}, ${goal}, ${correlationId}, ${stage}, ${batch},
      ${JSON.stringify(z.encode(progress, script.progress))}::jsonb, ${JSON.stringify(answer)}::jsonb,
      ${clock.nowMs()}, ${clock.nowMs()})`)
}

/** Locks the script: two requests about it go one after the other. */
export async function findScript(tx: Queryable, scriptId: string): Promise<Script | undefined> {
  const row = await tx.maybe<Row>(sql`
    select script_id, card_id, holder, instance, goal, correlation_id, stage, batch, progress, answer
    from script where script_id = ${scriptId} for update`)
  return (
    row && {
      scriptId: row.script_id,
      cardId: row.card_id,
      holder: row.holder,
      instance: row.instance,
      goal: row.goal,
      correlationId: row.correlation_id,
      stage: row.stage,
      batch: row.batch,
      progress: progress.parse(row.progress),
      answer: scriptAnswer.parse(row.answer),
    }
  )
}

export async function saveScript(tx: Queryable, script: Script, clock: Clock): Promise<void> {
  await tx.execute(sql`
    update script set card_id = ${script.cardId}, stage = ${script.stage}, batch = ${script.batch},
      progress = ${JSON.stringify(z.encode(progress, script.progress))}::jsonb,
      answer = ${JSON.stringify(script.answer)}::jsonb, changed_at_ms = ${clock.nowMs()}
    where script_id = ${script.scriptId}`)
}

/** A card speaks in one script at a time; a newer one ends the older. */
export async function supersede(tx: Queryable, cardId: string, keep: string): Promise<void> {
  await tx.execute(sql`
    update script set stage = 'failed' where card_id = ${cardId} and script_id <> ${keep}
      and stage not in ('done', 'failed')`)
}

/** Scripts nobody went on with for a day are of no more use: the next contact makes its own. */
export async function forgetScripts(tx: Queryable, beforeMs: number): Promise<void> {
  await tx.execute(sql`delete from script where changed_at_ms < ${beforeMs}`)
}
