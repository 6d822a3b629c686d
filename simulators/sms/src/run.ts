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
import { createSms } from './sms.ts'

const settings = z.object({
  ...listenSettings(8091),
  databaseUrl: setting.postgresUrl(),
  logLevel: setting.choice(['debug', 'info', 'warn', 'error'], 'info'),
  /** For example `lost:1`. */
  fault: faultSetting(),
})

/** Starts the SMS operator from its settings (`ANQU_SMS_…`). */
export async function runSms(env = readEnvironment()): Promise<{ address: string; stop(): Promise<void> }> {
  const config = parseConfig(settings, env, { prefix: 'ANQU_SMS_' })
  const log = createLog({ name: 'sms', level: config.logLevel })
  const db = openDatabase({ url: config.databaseUrl, applicationName: 'sms', log })
  const faults = config.fault === undefined ? [] : [config.fault]
  const sms = await createSms({ db, clock: systemClock, log, listen: config, faults })
  const address = await sms.start()
  return {
    address,
    stop: async () => {
      await sms.stop()
      await db.close()
    },
  }
}
