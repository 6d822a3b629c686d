export { createLedger, type Ledger, type PostingView, type TransferOrder } from './module.ts'
export type { Leg } from './domain/transfer.ts'
