import { sql } from '@anqu/platform'
import { ways, type Audience, type Way, type WarningsNeeds, type WarningText } from './needs.ts'

const customersAtOnce = 100
const noticesAtOnce = 100
const firstPauseMs = 2_000
const mostAttempts = 12

type Spreading = { warning_id: string; audience: Audience; body: string; spread_after: string | null }
type Due = { warning_id: string; account_id: string; way: Way; attempts: number; body: string }

/** Goes through the customers of every published warning, then sends what is due. May be cut off anywhere and run again. */
export async function spreadWarnings(needs: WarningsNeeds): Promise<void> {
  const open = await needs.db.query<Spreading>(sql`
    select warning_id, audience, body, spread_after from security_warning
    where state = 'published' and not spread_done order by published_at_ms limit 10`)
  for (const warning of open) await nextCustomers(needs, warning)
  await sendDue(needs)
}

/**
 * Rows, the notice in the app and the place in the list are committed together, so that no customer is missed and none is told
 * twice, wherever the process dies.
 */
async function nextCustomers(needs: WarningsNeeds, warning: Spreading): Promise<void> {
  const { db, clock } = needs
  const accounts = await needs.accountsAfter(warning.spread_after, customersAtOnce)
  const bound = warning.audience === 'everybody' ? undefined : await needs.withBoundDevice(accounts)
  const affected = accounts.filter((accountId) => bound?.has(accountId) ?? true)
  const last = accounts.at(-1) ?? null
  await db.transaction(async (tx) => {
    const moved = await tx.execute(sql`
      update security_warning set spread_after = coalesce(${last}, spread_after),
        spread_done = ${accounts.length < customersAtOnce}
      where warning_id = ${warning.warning_id} and spread_after is not distinct from ${warning.spread_after}
        and not spread_done`)
    if (moved === 0) return
    for (const accountId of affected) {
      await tx.execute(sql`
        insert into warning_notice (warning_id, account_id, way, state, due_at_ms)
        select ${warning.warning_id}, ${accountId}, way, 'waiting', ${clock.nowMs()}
        from unnest(${[...ways]}::text[]) as w(way)`)
      await needs.notifyIn(tx, accountId, textOf(warning.body))
    }
  })
}

/** Written by the staff route from its parsed input. */
export const textOf = (body: string): WarningText => JSON.parse(body) as WarningText

async function sendDue(needs: WarningsNeeds): Promise<void> {
  const due = await needs.db.query<Due>(sql`
    select n.warning_id, n.account_id, n.way, n.attempts, w.body
    from warning_notice n join security_warning w using (warning_id)
    where n.state = 'waiting' and n.due_at_ms <= ${needs.clock.nowMs()} order by n.due_at_ms limit ${noticesAtOnce}`)
  for (const notice of due) await send(needs, notice)
}

async function addressOf(needs: WarningsNeeds, { account_id, way }: Due): Promise<string | null> {
  // Push goes by the customer's pseudonym, which the app registers under.
  if (way === 'push') return account_id
  const { phone, email } = await needs.contact(account_id)
  return way === 'sms' ? phone : email
}

async function send(needs: WarningsNeeds, notice: Due): Promise<void> {
  const { db, clock, log } = needs
  const { warning_id: warningId, account_id: accountId, way, attempts } = notice
  // Another process may be at it as well: what one of them delivered stays delivered.
  const mark = (state: 'waiting' | 'sent' | 'unreachable', dueAtMs = 0) =>
    db.execute(sql`
      update warning_notice set state = ${state}, attempts = attempts + 1, due_at_ms = ${dueAtMs}
      where warning_id = ${warningId} and account_id = ${accountId} and way = ${way}
        and (state = 'waiting' or ${state} = 'sent')`)
  const address = await addressOf(needs, notice)
  if (address === null) return void (await mark('unreachable'))
  const { title, text } = textOf(notice.body)
  try {
    // The same reference at every attempt: a message that was taken before we died is delivered once.
    const reference = `${warningId.slice(-12)}:${accountId}:${way}`
    await needs.messenger({ way, address, title: title.zh, text: text.zh, reference })
  } catch (error) {
    log.warn({ warningId, way, attempts, error }, 'a notice was not taken, will try again')
    if (attempts + 1 >= mostAttempts) return void (await mark('unreachable'))
    return void (await mark('waiting', clock.nowMs() + firstPauseMs * 2 ** attempts))
  }
  await mark('sent')
}
