import { sql } from '@anqu/platform'
import { operationEvent } from './audit-events.ts'
import type { OperationNeeds } from './needs.ts'
import { findExpired, lockOperation, move } from './store/operation-store.ts'

const batch = 100

/** Ends what nobody confirmed in time. Nothing was reserved or moved for it yet. */
export async function expireOperations(needs: Pick<OperationNeeds, 'db' | 'clock' | 'audit'>): Promise<void> {
  const { db, clock, audit } = needs
  for (const found of await findExpired(db, clock.nowMs(), batch))
    await db.transaction(async (tx) => {
      const row = await lockOperation(tx, found.operation_id)
      if (row.state !== 'prepared' && row.state !== 'challenged') return
      const atMs = clock.nowMs()
      await move(tx, row, {
        to: 'refused',
        atMs,
        why: 'not confirmed in time',
        set: sql`finished_at_ms = ${atMs}, reason = 'operation.expired'`,
      })
      await audit.recordIn(
        tx,
        operationEvent(row, { event: 'operation.expired', outcome: 'failure', origin: 'channel' }),
      )
    })
}
