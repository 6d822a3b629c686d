import { initGmCrypto } from '@anqu/gm-crypto'
import { measurePayments } from '../payments.bench.ts'

// One measurement of the whole system in a process of its own; the figures are its one line of JSON.
await initGmCrypto()
const { whole, confirmations } = await measurePayments()
process.stdout.write(`${JSON.stringify({ whole, confirmations })}\n`)
