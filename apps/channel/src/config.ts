import { ConfigError, listenSettings, parseConfig, setting } from '@anqu/platform'
import { z } from 'zod'

const schema = z.object({
  ...listenSettings(8080),
  adminPort: setting.port(8081),
  databaseUrl: setting.postgresUrl(),
  redisUrl: setting.redisUrl().optional(),
  poolSize: setting.wholeNumber(16, { min: 2, max: 200 }),
  /** Folder with the key-encryption key and the conformance reports. */
  dataDir: setting.text(),
  profile: setting.choice(['demo', 'production'], 'production'),
  caUrl: setting.url(),
  /** Folder in which the CA looks for the keys of callers it trusts. */
  caCallersDir: setting.text(),
  tsmUrl: setting.url(),
  /** Folder in which the TSM looks for the keys of callers it trusts. */
  tsmCallersDir: setting.text(),
  bankUrl: setting.url(),
  smsUrl: setting.url(),
  witnessUrl: setting.url().optional(),
  /** Folders of the built apps; without them only the API is served. */
  mobileDir: setting.text().optional(),
  consoleDir: setting.text().optional(),
  logLevel: setting.choice(['debug', 'info', 'warn', 'error'], 'info'),
})

export type ChannelConfig = z.output<typeof schema>

export const settingPrefix = 'ANQU_CHANNEL_'

/** Reads and checks the settings; every bad one is named. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): ChannelConfig {
  const config = parseConfig(schema, env, { prefix: settingPrefix })
  if (config.profile === 'production' && config.witnessUrl !== undefined)
    throw new ConfigError([
      {
        setting: `${settingPrefix}WITNESS_URL`,
        problem: 'is for the demo profile only: it tells what pictures show',
      },
    ])
  return config
}
