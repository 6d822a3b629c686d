import type { Queryable } from '@anqu/platform'
import { TsmRefusal } from '../refused.ts'
import { readPicture, type CardPicture } from './card-picture.ts'
import { nextBatch, resume, type Resumed } from './card-session.ts'
import { finish } from './finish-script.ts'
import type { OpenedCommand } from './opened-command.ts'
import { packageOf, plan, pictureQuestions, serviceOf } from './plan.ts'
import type { Script, ScriptAnswer } from './script-store.ts'
import type { ScriptNeeds } from './scripts.ts'
import { wantedOf, type Wanted } from './wanted-card.ts'

/** A card that is not as it should be after so many attempts will not become so. */
const mostRounds = 4

/** Commands were carried out; what the card says now decides what is left. */
export async function manageCard(
  tx: Queryable,
  needs: ScriptNeeds,
  script: Script,
  answers: readonly Uint8Array[],
): Promise<ScriptAnswer> {
  const resumed = await resume(tx, needs, script, answers)
  await recordWork(tx, needs, script, resumed)
  const { opened } = resumed
  const worked = (name: string): boolean => {
    const answered = opened.filter((answer) => answer.name === name)
    return answered.length > 0 && answered.every(({ statusWord }) => statusWord === 0x9000)
  }
  script.progress = {
    ...script.progress,
    personalised: script.progress.personalised || (worked('put client keys') && worked('personalise')),
    emptied: script.progress.emptied || worked('delete application'),
  }
  return goOn(tx, needs, script, resumed)
}

/** From what the card is to what it shall be: the next batch, or the end. */
export async function goOn(
  tx: Queryable,
  needs: ScriptNeeds,
  script: Script,
  resumed: Resumed,
): Promise<ScriptAnswer> {
  const picture = readPicture(resumed.opened)
  if (picture === undefined) throw new TsmRefusal('card-refused', 'the card did not say what is on it')
  const wanted = await wantedOf(tx, needs, script, { card: resumed.card, picture })
  // Once there was nothing on the card, what is on it since is ours.
  if (serviceOf(picture) === undefined) script.progress = { ...script.progress, emptied: true }
  const { personalised, emptied } = script.progress
  const commands = await plan({
    picture,
    wanted: wanted.card,
    session: resumed.keySet,
    done: { personalised, emptied },
  })
  try {
    if (commands.length === 0) return await finish(tx, needs, script, { picture, wanted, card: resumed.card })
    if (script.progress.round >= mostRounds) throw gaveUp(resumed.opened)
    if (script.progress.round === 0) {
      await recordDelivery(tx, needs, script, { picture, wanted })
      if (wanted.card.package !== undefined) await needs.campaignCards.begun(tx, resumed.card.card_id)
    }
    return await nextBatch(script, resumed.session, [...commands, ...pictureQuestions()])
  } finally {
    resumed.session.wipe()
  }
}

function gaveUp(opened: readonly OpenedCommand[]): TsmRefusal {
  const failed = opened.find(({ name, statusWord }) => !name.startsWith('read ') && statusWord !== 0x9000)
  return new TsmRefusal(
    refusalOf(failed),
    `${failed?.name ?? 'nothing'} ${failed?.statusWord.toString(16) ?? ''}`,
  )
}

const noRoom = 0x6a84

function refusalOf(failed: OpenedCommand | undefined): TsmRefusal['code'] {
  if (failed?.statusWord === noRoom) return 'card-no-room'
  return failed?.name === 'load package' ? 'card-package-refused' : 'card-refused'
}

/** Step 2 of B-6.1: after authentication the TSM hands the application out. */
async function recordDelivery(
  tx: Queryable,
  { records }: ScriptNeeds,
  script: Script,
  { picture, wanted }: { picture: CardPicture; wanted: Wanted },
): Promise<void> {
  const file = wanted.card.package
  if (script.goal !== 'provision' || file === undefined) return
  const there = packageOf(picture)?.version === file.version
  await records.recordIn(tx, {
    correlationId: script.correlationId,
    step: 2,
    event: 'package.delivered',
    from: 'tsm',
    to: 'client',
    outcome: 'success',
    detail: `${file.name} ${file.version}${there ? ', on the card already' : `, ${file.loadFile.length} bytes signed`}`,
    cardId: script.cardId,
  })
}

/** Steps 3 and 4 of B-6.1: the client installed, and the card said with what result. */
async function recordWork(
  tx: Queryable,
  { records }: ScriptNeeds,
  script: Script,
  { opened }: Resumed,
): Promise<void> {
  const work = opened.filter(({ name }) => !name.startsWith('read '))
  const failed = work.find(({ statusWord }) => statusWord !== 0x9000)
  const outcome = failed === undefined ? 'success' : 'failure'
  const base = { correlationId: script.correlationId, outcome, cardId: script.cardId } as const
  const names = [...new Set(work.map(({ name }) => name))].join(', ')
  const installing = script.goal === 'provision'
  await records.recordIn(tx, {
    ...base,
    step: installing ? 3 : null,
    event: 'card.commands-carried-out',
    from: 'client',
    to: 'se',
    detail: names.slice(0, 300),
  })
  await records.recordIn(tx, {
    ...base,
    step: installing ? 4 : null,
    event: 'card.result',
    from: 'se',
    to: 'client',
    detail: failed === undefined ? '9000' : `${failed.name} ${failed.statusWord.toString(16)}`,
  })
}
