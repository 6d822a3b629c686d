import { parentPort } from 'node:worker_threads'
import { MemoryCard } from '../storage/memory-card-storage.ts'
import { serveCard } from '../transports/message-port.ts'
import { testCard } from './test-card.ts'

// A card in a thread of its own; the test bundles this file.
if (parentPort === null) throw new Error('this is the code of a worker')
const port = parentPort
serveCard(
  {
    postMessage: (message, transfer) => port.postMessage(message, transfer),
    addEventListener: (_, listener) => port.on('message', (data: unknown) => listener({ data })),
  },
  testCard(new MemoryCard().holder()),
)
