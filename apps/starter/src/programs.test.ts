import { expect, test } from 'vitest'
import { programsOf } from './programs.ts'
import type { Surroundings } from './program.ts'

const surroundings: Surroundings = {
  profile: 'demo',
  host: '127.0.0.1',
  ports: {
    ANQU_CHANNEL_PORT: 1,
    ANQU_CHANNEL_ADMIN_PORT: 2,
    ANQU_CA_PORT: 3,
    ANQU_BANK_PORT: 4,
    ANQU_TSM_PORT: 5,
  },
  databases: {
    anqu_channel: 'channel',
    anqu_ca: 'ca',
    anqu_tsm: 'tsm',
    anqu_bank: 'bank',
    anqu_sms: 'sms',
    anqu_witness: 'witness',
  },
  redisUrl: undefined,
  tls: undefined,
  folder: (name) => `/data/${name}`,
}

const named = (profile: 'demo' | 'production', name: string) => {
  const program = programsOf(profile).find((one) => one.name === name)
  if (program === undefined) throw new Error(`no ${name}`)
  return program
}

test('no stand-in and no witness belongs to production', () => {
  expect(programsOf('production').map(({ name }) => name)).toEqual(['ca', 'tsm', 'publisher', 'channel'])
  const settings = named('production', 'channel').environment({ ...surroundings, profile: 'production' })
  expect(Object.keys(settings).filter((name) => /WITNESS|BANK|SMS/.test(name))).toEqual([])
})

test('no program is told the database of another', () => {
  for (const program of programsOf('demo')) {
    const told = Object.values(program.environment(surroundings)).filter((value) =>
      Object.values(surroundings.databases).includes(value ?? ''),
    )
    expect(told).toEqual(program.databases.map((name) => surroundings.databases[name]))
  }
})

test.each(['ca', 'tsm', 'publisher'])(
  'keys of the %s lie in a folder that no other program is told',
  (owner) => {
    const others = programsOf('demo').filter(({ name }) => name !== owner)
    for (const program of others)
      expect(Object.values(program.environment(surroundings))).not.toContain(`/data/${owner}`)
  },
)

test('only app and console listen on the chosen host', () => {
  const open = programsOf('demo').flatMap((program) =>
    Object.entries(program.environment({ ...surroundings, host: '192.0.2.1' })).filter(
      ([, value]) => value === '192.0.2.1',
    ),
  )
  expect(open).toEqual([['ANQU_CHANNEL_HOST', '192.0.2.1']])
})

test('two programs never want the same port or the same database', () => {
  const all = programsOf('demo')
  const ports = all.flatMap(({ ports: wanted }) => Object.values(wanted))
  expect(new Set(ports).size).toBe(ports.length)
  const databases = all.flatMap((program) => program.databases)
  expect(new Set(databases).size).toBe(databases.length)
})
