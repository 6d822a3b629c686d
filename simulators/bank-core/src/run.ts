import { faultSetting } from '@anqu/fault-switches'
import {
  createLog,
  listenSettings,
  openDatabase,
  parseConfig,
  readEnvironment,
  setting,
  systemClock,
} from '@anqu/platform'
import { z } from 'zod'
import { createBankCore } from './bank-core.ts'

const settings = z.object({
  ...listenSettings(8090),
  databaseUrl: setting.postgresUrl(),
  logLevel: setting.choice(['debug', 'info', 'warn', 'error'], 'info'),
  openingBalanceFen: setting.wholeNumber(5_000_000),
  /** For example `slow:always:2000`. */
  fault: faultSetting(),
})

/** Starts the bank core from its settings (`ANQU_BANK_…`). */
export async function runBankCore(
  env = readEnvironment(),
): Promise<{ address: string; stop(): Promise<void> }> {
  const config = parseConfig(settings, env, { prefix: 'ANQU_BANK_' })
  const log = createLog({ name: 'bank-core', level: config.logLevel })
  const db = openDatabase({ url: config.databaseUrl, applicationName: 'bank-core', log })
  const bank = await createBankCore({
    db,
    clock: systemClock,
    log,
    listen: config,
    openingBalanceFen: BigInt(config.openingBalanceFen),
    faults: config.fault === undefined ? [] : [config.fault],
  })
  const address = await bank.start()
  return {
    address,
    stop: async () => {
      await bank.stop()
      await db.close()
    },
  }
}
