import path from 'node:path'
import { initGmCrypto } from '@anqu/gm-crypto'
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
import { linkAuthority, type AuthorityLink } from './keys/authority-link.ts'
import { handedOverAuthority } from './keys/handed-over-authority.ts'
import { createTsm, settingPrefix } from './service.ts'

const settings = z.object({
  ...listenSettings(8083),
  databaseUrl: setting.postgresUrl(),
  dataDir: setting.text(),
  /** Folder with the public keys of callers; beside the keys by default. */
  callersDir: setting.text().optional(),
  /** Folder with the certificates of publishers whose packages are taken; beside the keys by default. */
  signersDir: setting.text().optional(),
  /** Who the CA is: `apps/ca`, or any other one by files (docs/how-to/replace-the-built-in-ca.md). */
  caAdapter: setting.choice(['built-in', 'handed-over'], 'built-in'),
  caUrl: setting.url().optional(),
  /** The built-in CA's folder of callers, where the TSM leaves its public key. */
  caCallersDir: setting.text().optional(),
  /** PEM of another CA's issuing certificate and root, and the folder of requests to it and certificates from it. */
  caAnchorsFile: setting.text().optional(),
  caCertificatesDir: setting.text().optional(),
  profile: setting.choice(['demo', 'production'], 'production'),
  logLevel: setting.choice(['debug', 'info', 'warn', 'error'], 'info'),
})

/** The CA the settings name, with what its adapter needs. */
async function authorityOf(config: z.output<typeof settings>): Promise<AuthorityLink> {
  const clock = systemClock
  const needed = (name: string): ConfigError =>
    new ConfigError([
      { setting: `${settingPrefix}${name}`, problem: `is required with the ${config.caAdapter} CA` },
    ])
  if (config.caAdapter === 'built-in') {
    const { caUrl, caCallersDir, dataDir } = config
    if (caUrl === undefined) throw needed('CA_URL')
    if (caCallersDir === undefined) throw needed('CA_CALLERS_DIR')
    return linkAuthority({ caUrl, caCallersDir, dataDir, clock })
  }
  const { caAnchorsFile: anchorsFile, caCertificatesDir: certificatesDir } = config
  if (anchorsFile === undefined) throw needed('CA_ANCHORS_FILE')
  if (certificatesDir === undefined) throw needed('CA_CERTIFICATES_DIR')
  return handedOverAuthority({ anchorsFile, certificatesDir, clock })
}

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
    authority: await authorityOf(config),
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
