import { initGmCrypto } from '@anqu/gm-crypto'
import { createLog, onShutdown, readyLine, runMain } from '@anqu/platform'
import { runBankCore } from './run.ts'

await runMain(async () => {
  await initGmCrypto()
  const { address, stop } = await runBankCore()
  onShutdown(createLog({ name: 'bank-core' }), stop)
  readyLine({ name: 'bank-core', addresses: { bankCore: address } })
})
