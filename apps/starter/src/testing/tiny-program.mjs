// A program as small as one can be that keeps the promises a program makes to the starter. What it does is chosen by settings.
import { createServer } from 'node:http'

const port = Number(process.env.ANQU_TINY_PORT)
const mode = process.env.ANQU_TINY_MODE ?? 'serve'

if (mode === 'refuse') {
  process.stderr.write('bad settings:\n  ANQU_TINY_MODE: refuses\n')
  process.exit(2)
}
if (mode === 'silent') setInterval(() => {}, 1_000)

const server = createServer((request, response) => {
  if (request.url === '/crash') process.exit(7)
  const own = Object.entries(process.env).filter(([name]) => name.startsWith('ANQU_'))
  response.end(JSON.stringify({ pid: process.pid, settings: Object.fromEntries(own) }))
})
const end = () => {
  if (mode === 'hang') return
  server.close(() => process.exit(0))
  server.closeAllConnections()
}
process.once('SIGTERM', end)
process.once('disconnect', end)
if (mode !== 'silent')
  server.listen(port, '127.0.0.1', () =>
    process.send({
      type: 'ready',
      name: 'tiny',
      addresses: { tiny: `http://127.0.0.1:${port}` },
      demoAccounts: [{ label: 'somebody' }],
    }),
  )
