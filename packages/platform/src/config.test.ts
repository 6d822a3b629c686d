import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { ConfigError, listenSettings, parseConfig, setting } from './config.ts'

const schema = z.object({
  ...listenSettings(8082),
  databaseUrl: setting.postgresUrl(),
  redisUrl: setting.redisUrl().optional(),
  demo: setting.flag('off'),
  profile: setting.choice(['demo', 'production'], 'demo'),
  keepDays: setting.wholeNumber(180, { min: 180 }),
})
const good = { ANQU_CA_DATABASE_URL: 'postgresql://a:b@h/d', PATH: '/bin', ANQU_OTHER: 'x' }
const parse = (env: Record<string, string>) =>
  parseConfig(schema, env, { prefix: 'ANQU_CA_', alsoKnown: ['ANQU_CA_EXTRA'] })

function problemsOf(env: Record<string, string>): string {
  try {
    parse(env)
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
  return ''
}

describe('parseConfig', () => {
  it('takes defaults, reads an empty variable as not set, and turns words into values', () => {
    expect(parse({ ...good, ANQU_CA_DEMO: 'on', ANQU_CA_PORT: '', ANQU_CA_EXTRA: '1' })).toEqual({
      host: '127.0.0.1',
      port: 8082,
      databaseUrl: 'postgresql://a:b@h/d',
      demo: true,
      profile: 'demo',
      keepDays: 180,
    })
  })

  it('refuses a misspelt setting by name', () => {
    expect(problemsOf({ ...good, ANQU_CA_PROT: '1' })).toContain('ANQU_CA_PROT: unknown setting')
  })

  it('names every bad setting at once and never shows a value', () => {
    const text = problemsOf({
      ANQU_CA_PORT: '99999',
      ANQU_CA_DEMO: 'hunter2',
      ANQU_CA_REDIS_URL: 'hunter2',
      ANQU_CA_PROFILE: 'hunter2',
      ANQU_CA_KEEP_DAYS: '7',
    })
    for (const name of ['PORT', 'DEMO', 'REDIS_URL', 'PROFILE', 'KEEP_DAYS'])
      expect(text).toContain(`ANQU_CA_${name}: `)
    expect(text).toContain('ANQU_CA_DATABASE_URL: is required')
    expect(text).not.toContain('hunter2')
  })

  it('reads whole numbers only', () => {
    for (const value of ['80.5', '-1', '0x50', ' 80', '1e3'])
      expect(problemsOf({ ...good, ANQU_CA_PORT: value })).not.toBe('')
  })
})
