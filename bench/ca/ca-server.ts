import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { createAuthority } from '@anqu/ca/issuing'
import { initGmCrypto } from '@anqu/gm-crypto'
import { openDatabase, silentLog, systemClock } from '@anqu/platform'
import { serveParent } from './child-server.ts'

// The CA itself: its service on the database and in the folder it is told.

const [databaseUrl = '', dataDir = ''] = process.argv.slice(2)
const callersDir = path.join(dataDir, 'callers')
await initGmCrypto()
await mkdir(callersDir, { recursive: true })
const db = openDatabase({ url: databaseUrl })
const authority = await createAuthority({
  db,
  clock: systemClock,
  log: silentLog,
  dataDir,
  callersDir,
  listen: { host: '127.0.0.1', port: 0 },
  profile: 'demo',
  publicUrl: 'http://ca.example',
  crlShards: 1,
})
serveParent(await authority.start(), async () => {
  await authority.stop()
  await db.close()
})
