import path from 'node:path'
import { initGmCrypto } from '@anqu/gm-crypto'
import {
  createLog,
  listenSettings,
  onShutdown,
  openDatabase,
  parseConfig,
  readEnvironment,
  readyLine,
  runMain,
  setting,
  systemClock,
} from '@anqu/platform'
import { z } from 'zod'
import { linkAuthority } from './keys/authority-link.ts'
import { createTsm, settingPrefix } from './service.ts'

const settings = z.object({
  ...listenSettings(8083),
  databaseUrl: setting.postgresUrl(),
  dataDir: setting.text(),
  /** Folder with the public keys of callers; beside the keys by default. */
  callersDir: setting.text().optional(),
  /** Folder with the certificates of publishers whose packages are taken; beside the keys by default. */
  signersDir: setting.text().optional(),
  caUrl: setting.url(),
  /** The CA's folder of callers, where the TSM leaves its public key. */
  caCallersDir: setting.text(),
  profile: setting.choice(['demo', 'production'], 'production'),
  logLevel: setting.choice(['debug', 'info', 'warn', 'error'], 'info'),
})

const housekeepingMs = 10 * 60_000
const sealMs = 1_000

await runMain(async () => {
  await initGmCrypto()
  const config = parseConfig(settings, readEnvironment(), { prefix: settingPrefix })
  const log = createLog({ name: 'tsm', level: config.logLevel })
  const db = openDatabase({ url: config.databaseUrl, applicationName: 'tsm', log })
  const clock = systemClock
  const { dataDir } = config
  const tsm = await createTsm({
    db,
    clock,
    log,
    dataDir,
    callersDir: config.callersDir ?? path.join(dataDir, 'callers'),
    signersDir: config.signersDir ?? path.join(dataDir, 'signers'),
    authority: await linkAuthority({ ...config, clock }),
    listen: config,
  })
  const address = await tsm.start()
  const periodically = (ms: number, what: string, work: () => Promise<unknown>): NodeJS.Timeout =>
    setInterval(() => {
      work().catch((error: unknown) => log.warn({ error }, `${what} failed`))
    }, ms)
  const timers = [
    periodically(housekeepingMs, 'housekeeping', () => tsm.housekeeping()),
    periodically(sealMs, 'sealing records', () => tsm.sealRecords()),
  ]
  onShutdown(log, async () => {
    for (const timer of timers) clearInterval(timer)
    await tsm.stop()
    await db.close()
  })
  readyLine({ name: 'tsm', addresses: { tsm: address } })
})
