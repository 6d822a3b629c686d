import { parseArgs } from 'node:util'
import { ConfigError, parseConfig, setting } from '@anqu/platform'
import { z } from 'zod'
import type { Profile, Program } from './program.ts'

export interface StarterSettings {
  readonly dataDir: string
  readonly ports: 'default' | 'free'
  readonly host: string
  readonly tls: boolean
  readonly profile: Profile
  readonly databaseUrl: string | undefined
  readonly databasePrefix: string
  readonly redisUrl: string | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

const schema = z.object({
  dataDir: setting.text().default('data'),
  ports: setting.choice(['default', 'free'], 'default'),
  host: setting.text().default('127.0.0.1'),
  tls: setting.flag('off'),
  profile: setting.choice(['demo', 'production'], 'demo'),
  databaseUrl: setting.postgresUrl().optional(),
  databasePrefix: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,30}$/, { error: 'must be 1 to 31 lower-case letters, digits or _' })
    .default('anqu'),
  redisUrl: setting.redisUrl().optional(),
})

const flags = {
  'data-dir': { type: 'string' },
  ports: { type: 'string' },
  host: { type: 'string' },
  tls: { type: 'boolean' },
  profile: { type: 'string' },
  'database-url': { type: 'string' },
  'database-prefix': { type: 'string' },
  'redis-url': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

export const helpText = `Usage: npm start -- [flags]          用法: npm start -- [选项]

  --data-dir DIR          keys, database, logs               数据目录           (data)
  --ports default|free    usual ports, or any free ones      端口               (default)
  --host ADDRESS          where app and console listen       监听地址           (127.0.0.1)
  --tls                   HTTPS with a CA of this machine    启用 HTTPS         (off)
  --profile demo|production                                  运行方式           (demo)
  --database-url URL      PostgreSQL of your own             外部 PostgreSQL    (embedded)
  --database-prefix NAME  start of the database names        数据库名前缀       (anqu)
  --redis-url URL         Redis for short-lived state        外部 Redis         (in memory)
  --help                  this text                          显示本说明

Every flag is also an environment variable: ANQU_DATA_DIR, ANQU_PORTS, ANQU_HOST, ANQU_TLS (on, off) …
Variables that start with ANQU_CHANNEL_, ANQU_CA_, ANQU_BANK_, ANQU_SMS_ or ANQU_WITNESS_ are settings of that program.
All of them: docs/reference/settings.md
`

const environmentName = (flag: string): string => `ANQU_${flag.replaceAll('-', '_').toUpperCase()}`

function readFlags(args: readonly string[]): Record<string, string> | 'help' {
  let values: Record<string, string | boolean | undefined>
  try {
    ;({ values } = parseArgs({ args: [...args], options: flags, strict: true, allowPositionals: false }))
  } catch (error) {
    const problem = error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error)
    throw new ConfigError([
      { setting: 'npm start', problem: `${problem}; npm start -- --help lists the flags` },
    ])
  }
  if (values['help'] === true) return 'help'
  return Object.fromEntries(
    Object.entries(values).map(([flag, value]) => [
      environmentName(flag),
      value === true ? 'on' : String(value),
    ]),
  )
}

// Read by the tests and by the scripts around us, not by the starter.
const notOurs = /^ANQU_(?:TEST_|LIMBO_SUITE$)/

/** Settings that stand for a program and are handed to it; it refuses by name what it does not know. */
export function settingsOf(program: Program, environment: Environment): Record<string, string | undefined> {
  const isIts = (name: string): boolean => program.settingPrefixes.some((prefix) => name.startsWith(prefix))
  return Object.fromEntries(
    Object.entries(environment).filter(([name, value]) => isIts(name) && value !== ''),
  )
}

/**
 * Flags win over environment variables.
 * @throws {ConfigError} naming every bad one
 */
export function readSettings(
  args: readonly string[],
  environment: Environment,
  programs: readonly Program[],
): StarterSettings | 'help' {
  const given = readFlags(args)
  if (given === 'help') return 'help'
  const prefixes = programs.flatMap(({ settingPrefixes }) => settingPrefixes)
  const own = Object.entries(environment).filter(
    ([name]) => !notOurs.test(name) && !prefixes.some((prefix) => name.startsWith(prefix)),
  )
  const { databaseUrl, redisUrl, ...rest } = parseConfig(schema, { ...Object.fromEntries(own), ...given })
  return { ...rest, databaseUrl, redisUrl }
}
