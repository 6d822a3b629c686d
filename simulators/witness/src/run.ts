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
import { createWitness } from './witness.ts'

const settings = z.object({
  ...listenSettings(8092),
  databaseUrl: setting.postgresUrl(),
  logLevel: setting.choice(['debug', 'info', 'warn', 'error'], 'info'),
})

/** Starts the witness from its settings (`ANQU_WITNESS_…`). */
export async function runWitness(
  env = readEnvironment(),
): Promise<{ address: string; stop(): Promise<void> }> {
  const config = parseConfig(settings, env, { prefix: 'ANQU_WITNESS_' })
  const log = createLog({ name: 'witness', level: config.logLevel })
  const db = openDatabase({ url: config.databaseUrl, applicationName: 'witness', log })
  const witness = await createWitness({ db, clock: systemClock, log, listen: config })
  const address = await witness.start()
  return {
    address,
    stop: async () => {
      await witness.stop()
      await db.close()
    },
  }
}
