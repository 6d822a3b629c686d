import { ConfigError } from '@anqu/platform'
import { expect, test } from 'vitest'
import { programsOf } from './programs.ts'
import { helpText, readSettings, settingsOf } from './settings.ts'

const programs = programsOf('demo')
const read = (args: string[], environment: Record<string, string> = {}) =>
  readSettings(args, environment, programs)

test('without any setting the demo starts on loopback with an embedded database', () => {
  expect(read([])).toEqual({
    dataDir: 'data',
    ports: 'default',
    host: '127.0.0.1',
    tls: false,
    profile: 'demo',
    databaseUrl: undefined,
    databasePrefix: 'anqu',
    redisUrl: undefined,
  })
})

test('a flag wins over its environment variable', () => {
  expect(read(['--ports', 'free', '--tls'], { ANQU_PORTS: 'default' })).toMatchObject({
    ports: 'free',
    tls: true,
  })
})

test.each([
  [['--colour', 'blue'], {}, "Unknown option '--colour'"],
  [['blue'], {}, "Unexpected argument 'blue'"],
  [[], { ANQU_COLOUR: 'blue' }, 'ANQU_COLOUR: unknown setting'],
  [['--ports', 'many'], {}, 'ANQU_PORTS: must be one of default, free'],
  [[], { ANQU_TLS: 'yes' }, 'ANQU_TLS: must be on or off'],
  [[], { ANQU_DATABASE_URL: 'mysql://x' }, 'ANQU_DATABASE_URL: must start with postgres://'],
  [['--database-prefix', 'a;b'], {}, 'ANQU_DATABASE_PREFIX: must be'],
])('a bad setting is refused by name: %j %j', (args, environment, message) => {
  expect(() => read(args, environment)).toThrow(ConfigError)
  expect(() => read(args, environment)).toThrow(message)
})

test('the value of a refused setting is not repeated', () => {
  expect(() => read([], { ANQU_DATABASE_URL: 'mysql://user:secret@host' })).not.toThrow(/secret/)
})

test('settings of a program are left to it', () => {
  const environment = {
    ANQU_CHANNEL_IDLE_MS: '1',
    ANQU_CA_DAYS: '2',
    ANQU_TEST_DATABASE_URL: 'x',
    ANQU_LIMBO_SUITE: 'x',
    PATH: '/bin',
  }
  expect(read([], environment)).toMatchObject({ ports: 'default' })
  const channel = programs.find(({ name }) => name === 'channel')
  expect(channel && settingsOf(channel, environment)).toEqual({ ANQU_CHANNEL_IDLE_MS: '1' })
})

test('the help names every flag', () => {
  expect(read(['--help'])).toBe('help')
  for (const flag of [
    'data-dir',
    'ports',
    'host',
    'tls',
    'profile',
    'database-url',
    'database-prefix',
    'redis-url',
  ])
    expect(helpText).toContain(`--${flag}`)
})
