import { CardConnectionLost, transmitTogether, type CardConnection } from './card-connection.ts'
import { connectCard } from './message-port.ts'

/** The card in a worker whose entry is `@anqu/secure-element/worker`. A worker that cannot start fails every call. */
export function connectWorkerCard(worker: Worker): CardConnection {
  const connection = connectCard(worker)
  const lost = new Promise<never>((_, reject) => {
    worker.addEventListener('error', () => reject(new CardConnectionLost('the card worker failed')))
  })
  // Nobody may be waiting when it fails.
  lost.catch(() => undefined)
  return {
    transmit: (apdu) => Promise.race([connection.transmit(apdu), lost]),
    transmitAll: (apdus) => Promise.race([transmitTogether(connection, apdus), lost]),
    reset: () => Promise.race([connection.reset(), lost]),
  }
}
