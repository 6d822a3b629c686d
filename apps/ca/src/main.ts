import path from 'node:path'
import { initGmCrypto } from '@anqu/gm-crypto'
import { createGmPool } from '@anqu/gm-crypto/pool'
import {
  ConfigError,
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
import { createAuthority, settingPrefix } from './authority.ts'

const settings = z.object({
  ...listenSettings(8082),
  databaseUrl: setting.postgresUrl(),
  dataDir: setting.text(),
  /** Folder with the public keys of callers; beside the keys by default. */
  callersDir: setting.text().optional(),
  /** Where relying parties reach status answers and lists; by default this listener. It stands in every certificate. */
  publicUrl: setting.url().optional(),
  crlShards: setting.wholeNumber(16, { min: 1, max: 256 }),
  profile: setting.choice(['demo', 'production'], 'production'),
  logLevel: setting.choice(['debug', 'info', 'warn', 'error'], 'info'),
})

function publicUrlOf({ publicUrl, host, port, profile }: z.output<typeof settings>): string {
  if (publicUrl !== undefined) return publicUrl.replace(/\/+$/, '')
  if (profile === 'production')
    throw new ConfigError([{ setting: `${settingPrefix}PUBLIC_URL`, problem: 'is required in production' }])
  return `http://${host}:${port}`
}

const tickMs = 1_000
const housekeepingMs = 10 * 60_000

await runMain(async () => {
  await initGmCrypto()
  const config = parseConfig(settings, readEnvironment(), { prefix: settingPrefix })
  const log = createLog({ name: 'ca', level: config.logLevel })
  const db = openDatabase({ url: config.databaseUrl, applicationName: 'ca', log })
  const pool = createGmPool()
  const authority = await createAuthority({
    pool,
    db,
    clock: systemClock,
    log,
    dataDir: config.dataDir,
    callersDir: config.callersDir ?? path.join(config.dataDir, 'callers'),
    listen: config,
    profile: config.profile,
    publicUrl: publicUrlOf(config),
    crlShards: config.crlShards,
  })
  const address = await authority.start()
  const repeat = (everyMs: number, what: string, run: () => Promise<void>): NodeJS.Timeout =>
    setInterval(() => {
      run().catch((error: unknown) => log.warn({ error }, `${what} failed`))
    }, everyMs)
  const timers = [
    repeat(tickMs, 'chaining events', authority.tick),
    repeat(housekeepingMs, 'housekeeping', authority.housekeeping),
  ]
  onShutdown(log, async () => {
    for (const timer of timers) clearInterval(timer)
    await authority.stop()
    await pool.close()
    await db.close()
  })
  readyLine({ name: 'ca', addresses: { ca: address } })
})
