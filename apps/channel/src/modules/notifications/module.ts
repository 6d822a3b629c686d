import { notificationsList } from '@anqu/contract'
import { sql, uuidv7, type Clock, type Db, type Transaction } from '@anqu/platform'
import { bind, customerOf, type BoundRoute } from '../../http/bound-route.ts'

type Text = { readonly zh: string; readonly en: string }
export type Notice = { readonly title: Text; readonly text: Text }

export type Notifications = {
  readonly routes: BoundRoute[]
  /** Tells the customer, with the transaction of what happened (C-6.3.2-b-s2). Texts hold no personal data. */
  notifyIn(tx: Transaction, accountId: string, notice: Notice): Promise<void>
}

const listLength = 50

/** Messages to the customer about changes of assets, devices and personal details. */
export function createNotifications({ db, clock }: { db: Db; clock: Clock }): Notifications {
  return {
    async notifyIn(tx, accountId, notice) {
      await tx.execute(sql`
        insert into notification (notification_id, account_id, at_ms, body)
        values (${uuidv7(clock.nowMs())}, ${accountId}, ${clock.nowMs()}, ${JSON.stringify(notice)})`)
    },
    routes: [
      bind(notificationsList, async (_input, context) => {
        const rows = await db.query<{ notification_id: string; at_ms: bigint; body: string }>(sql`
          select notification_id, at_ms, body from notification
          where account_id = ${customerOf(context).accountId} order by at_ms desc, notification_id desc limit ${listLength}`)
        return {
          notifications: rows.map((row) => ({
            notificationId: row.notification_id,
            atMs: Number(row.at_ms),
            // Written by notifyIn from a Notice.
            ...(JSON.parse(row.body) as Notice),
          })),
        }
      }),
    ],
  }
}
