export { indexedDbCardStorage } from './storage/indexed-db-card-storage.ts'
export { connectWorkerCard } from './transports/worker-card.ts'
