import { startEmbeddedPostgres } from './index.ts'

const server = await startEmbeddedPostgres({ dataDir: process.argv[2] ?? '', settings: { fsync: 'off' } })
process.send?.({ pid: server.pid, url: await server.createDatabaseAndRole('anqu_one') })
setInterval(() => {}, 60_000) // waits to be killed
