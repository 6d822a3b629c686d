import { createLog, onShutdown, readyLine, runMain } from '@anqu/platform'
import { runWitness } from './run.ts'

await runMain(async () => {
  const { address, stop } = await runWitness()
  onShutdown(createLog({ name: 'witness' }), stop)
  readyLine({ name: 'witness', addresses: { witness: address } })
})
