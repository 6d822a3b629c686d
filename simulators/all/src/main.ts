import { createLog, onShutdown, readyLine, runMain } from '@anqu/platform'
import { runSimulators } from './run.ts'

await runMain(async () => {
  const { addresses, stop } = await runSimulators()
  onShutdown(createLog({ name: 'simulators' }), stop)
  readyLine({ name: 'simulators', addresses })
})
