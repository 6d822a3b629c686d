export { createBankCore, bankFaults, type BankCore, type BankCoreNeeds } from './bank-core.ts'
export { runBankCore } from './run.ts'
export type { DebitAnswer, DebitReason, FindAnswer } from './wire.ts'
