import { createLog, onShutdown, readyLine, runMain } from '@anqu/platform'
import { runSms } from './run.ts'

await runMain(async () => {
  const { address, stop } = await runSms()
  onShutdown(createLog({ name: 'sms' }), stop)
  readyLine({ name: 'sms', addresses: { smsInbox: address } })
})
