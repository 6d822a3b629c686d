import type { Clock } from '../clock.ts'
import type { Db, Queryable } from '../database/database.ts'
import { uuidv7 } from '../ids.ts'
import type { DueWork } from './due-work.ts'

/** Does something about a message, at least once: it must be able to take the same `id` twice. */
export type OutboxHandler = (payload: unknown, context: { readonly id: string }) => Promise<void>

export interface Outbox {
  /** Writes a message in the caller's transaction. `payload` is what JSON can carry. */
  append(tx: Queryable, topic: string, payload: unknown): Promise<void>
  /** Each subscriber of a topic gets each message and is retried by itself. */
  subscribe(topic: string, subscriber: string, handler: OutboxHandler): void
}

interface Delivery {
  readonly id: string
  readonly payload: unknown
}

/** Messages between modules, on top of due work: they leave exactly when the transaction that wrote them commits. */
export function createOutbox({ db, clock, dueWork }: { db: Db; clock: Clock; dueWork: DueWork }): Outbox {
  const subscribers = new Map<string, string[]>()

  const fanOut =
    (topic: string) =>
    async (payload: unknown, { key: id }: { key: string }) => {
      const names = subscribers.get(topic) ?? []
      // One item per subscriber, keyed by the message: running this again after a crash adds nothing while they wait.
      await db.transaction(async (tx) => {
        for (const name of names)
          await dueWork.schedule(tx, {
            kind: `outbox/${topic}/${name}`,
            key: id,
            payload: { id, payload } satisfies Delivery,
            dueAtMs: clock.nowMs(),
          })
      })
      dueWork.poke()
    }

  return {
    append: (tx, topic, payload) =>
      dueWork.schedule(tx, {
        kind: `outbox/${topic}`,
        key: uuidv7(clock.nowMs()),
        payload,
        dueAtMs: clock.nowMs(),
      }),
    subscribe(topic, subscriber, handler) {
      const names = subscribers.get(topic)
      if (names === undefined) {
        subscribers.set(topic, [subscriber])
        dueWork.handle(`outbox/${topic}`, fanOut(topic))
      } else names.push(subscriber)
      dueWork.handle(`outbox/${topic}/${subscriber}`, async (item) => {
        const { id, payload } = item as Delivery // written by fanOut above
        await handler(payload, { id })
      })
    },
  }
}
