import { onShutdown, readyLine, runMain } from './lifecycle.ts'
import { silentLog } from './log.ts'

await runMain(async () => {
  const alive = setInterval(() => {}, 60_000)
  onShutdown(silentLog, async () => {
    clearInterval(alive)
    if (process.argv[2] === 'failing') throw new Error('cannot stop')
    process.stdout.write('stopped\n')
  })
  readyLine({ name: 'fixture', addresses: { a: 'b' } })
})
