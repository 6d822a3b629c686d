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
  /** Who the CA is: `apps/ca`, or somebody else's (docs/how-to/replace-the-built-in-ca.md). */
  caAdapter: setting.choice(['built-in', 'third-party'], 'built-in'),
  /** Folder in which the built-in CA looks for the keys of callers it trusts. */
  caCallersDir: setting.text().optional(),
  /** PEM of a third party's issuing certificate and root, and the secret that requests to it are made with. */
  caAnchorsFile: setting.text().optional(),
  caSecretFile: setting.text().optional(),
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

export type AuthorityConfig =
  | { readonly adapter: 'built-in'; readonly url: string; readonly callersDir: string }
  | {
      readonly adapter: 'third-party'
      readonly url: string
      readonly anchorsFile: string
      readonly secretFile: string
    }
export type ChannelConfig = z.output<typeof schema> & { readonly authority: AuthorityConfig }

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
  return { ...config, authority: authorityOf(config) }
}

/**
 * What the chosen adapter needs, and nothing that only the other one understands; but the starter names the built-in CA's
 * folder of callers whoever the CA is, so that it is no mistake.
 */
function authorityOf(config: z.output<typeof schema>): AuthorityConfig {
  const { caAdapter: adapter, caUrl: url, caCallersDir: callersDir } = config
  const { caAnchorsFile: anchorsFile, caSecretFile: secretFile } = config
  if (adapter === 'built-in') {
    if (anchorsFile !== undefined) throw misplaced('CA_ANCHORS_FILE', 'is for a third-party CA only')
    if (secretFile !== undefined) throw misplaced('CA_SECRET_FILE', 'is for a third-party CA only')
    if (callersDir === undefined) throw misplaced('CA_CALLERS_DIR', 'is required with the built-in CA')
    return { adapter, url, callersDir }
  }
  if (anchorsFile === undefined) throw misplaced('CA_ANCHORS_FILE', 'is required with a third-party CA')
  if (secretFile === undefined) throw misplaced('CA_SECRET_FILE', 'is required with a third-party CA')
  return { adapter, url, anchorsFile, secretFile }
}

const misplaced = (name: string, problem: string): ConfigError =>
  new ConfigError([{ setting: `${settingPrefix}${name}`, problem }])
