import { initGmCrypto } from '@anqu/gm-crypto'
import { connectCard, SecureElement, type CardConnection } from '@anqu/secure-element'
import { connectWorkerCard } from '@anqu/secure-element/browser'
import { bareEngine, oneByOne, printSignAlone, VERIFY_AND_SIGN } from './sign-table.ts'
import { Apdu, group, personalise, signature } from './signing-card.ts'
import { inTurns, judge, printRows } from './turns.ts'

// What bench-se.ts runs in Chromium: a card in a worker of its own, over IndexedDB, against the engine on the page itself.

/** Signatures under way at the same time. */
const IN_FLIGHT = [32, 64] as const
const LANES = 2
const TURNS = 4

/** There and back without any work: what the worker costs whatever is in it. */
function echo(): () => Promise<void> {
  const worker = new Worker(new URL('./echo-worker.ts', import.meta.url), { type: 'module' })
  return () =>
    new Promise((resolve) => {
      worker.addEventListener('message', () => resolve(), { once: true })
      worker.postMessage([Apdu.verify(), Apdu.sign()])
    })
}

/** In lanes, so that the worker has the next signatures while the last ones are on their way back. */
async function many(card: CardConnection, inFlight: number): Promise<void> {
  const [verify, sign] = [Apdu.verify(), Apdu.sign()]
  const lane = async (): Promise<void> => {
    for (let turn = 0; turn < TURNS; turn++)
      await Promise.all(Array.from({ length: inFlight / LANES }, () => group(card, verify, sign)))
  }
  await Promise.all(Array.from({ length: LANES }, lane))
}

async function cardInWorker(
  name: string,
  connect: (worker: Worker) => CardConnection,
): Promise<CardConnection> {
  const card = connect(new Worker(new URL('./card-worker.ts', import.meta.url), { type: 'module', name }))
  await personalise(new SecureElement(card))
  return card
}

console.log(
  `engine in use on the page: ${await initGmCrypto()}; cross-origin isolated: ${crossOriginIsolated}`,
)
const card = await cardInWorker('bench-card', connectWorkerCard)
const element = new SecureElement(card)
const byMessages = await cardInWorker('bench-card-by-messages', connectCard)
const [verify, sign, status] = [Apdu.verify(), Apdu.sign(), Apdu.status()]
const atOnce = IN_FLIGHT.map((count) => ({
  name: `${VERIFY_AND_SIGN}, ${count} in flight`,
  run: () => many(card, count),
  operations: count * TURNS,
}))
const rows = await inTurns([
  bareEngine(),
  ...oneByOne(card),
  ...atOnce,
  { name: `${VERIFY_AND_SIGN}, messages only`, run: () => group(byMessages, verify, sign) },
  { name: 'SecureElement.sign (SELECT + VERIFY PIN + SIGN)', run: () => signature(element) },
  { name: 'GET STATUS, the shortest command', run: () => group(card, status) },
  { name: 'GET STATUS, messages only', run: () => group(byMessages, status) },
  { name: 'a message to an idle worker and back', run: echo() },
])
printRows('A signature, card in a worker, IndexedDB', rows)
judge(rows, VERIFY_AND_SIGN, 0.5)
for (const { name } of atOnce) judge(rows, name, 0.5)
printSignAlone(rows)
console.log('done')
