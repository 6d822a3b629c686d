import { CardConnectionLost, type CardConnection } from './card-connection.ts'
import { CardPort } from './message-port.ts'
import { SharedLane } from './shared-lane.ts'

/** The card in a worker whose entry is `@anqu/secure-element/worker`. A worker that cannot start fails every call. */
export function connectWorkerCard(worker: Worker): CardConnection {
  const port = new CardPort(worker, SharedLane.offer(worker))
  worker.addEventListener('error', () => port.fail(new CardConnectionLost('the card worker failed')))
  return port
}
