import { runBankCore } from '@anqu/bank-core'
import { initGmCrypto } from '@anqu/gm-crypto'
import { createLog, onShutdown, readyLine, runMain } from '@anqu/platform'
import { runSms } from '@anqu/sms'
import { runWitness } from '@anqu/witness'

/** All stand-ins in one process, each with its own settings, listener and database. */
await runMain(async () => {
  await initGmCrypto()
  const [bank, sms, witness] = await Promise.all([runBankCore(), runSms(), runWitness()])
  onShutdown(createLog({ name: 'simulators' }), async () => {
    await Promise.all([bank.stop(), sms.stop(), witness.stop()])
  })
  readyLine({
    name: 'simulators',
    addresses: { bankCore: bank.address, smsInbox: sms.address, witness: witness.address },
  })
})
