import { once } from 'node:events'
import { runSource, testDatabase, type TestDatabase } from '@anqu/platform/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const main = new URL('./main.ts', import.meta.url)
const parties = ['BANK', 'SMS', 'WITNESS']
let databases: TestDatabase[]
let settings: Record<string, string>

beforeAll(async () => {
  databases = await Promise.all(parties.map(() => testDatabase()))
  settings = Object.fromEntries(
    parties.flatMap((party, index) => [
      [`ANQU_${party}_DATABASE_URL`, databases[index]?.url ?? ''],
      [`ANQU_${party}_PORT`, '0'],
    ]),
  )
})
afterAll(() => Promise.all(databases.map((database) => database.drop())))

const run = (more: Record<string, string> = {}) =>
  runSource(main, [], { env: { PATH: process.env['PATH'], ...settings, ...more } })
const addressesOf = async (child: ReturnType<typeof run>): Promise<Record<string, string>> => {
  let errors = ''
  child.stderr?.on('data', (data: Buffer) => (errors += data.toString()))
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(errors)))
  const [message] = (await Promise.race([once(child, 'message'), ended])) as [
    { type: string; addresses: Record<string, string> },
  ] // sent by readyLine
  expect(message.type).toBe('ready')
  return message.addresses
}

describe('all stand-ins in one process', () => {
  it('reports its addresses, serves each, and ends in order when told to', async () => {
    const child = run()
    const addresses = await addressesOf(child)
    expect(Object.keys(addresses).toSorted()).toEqual(['bankCore', 'smsInbox', 'witness'])
    expect((await fetch(`${addresses['bankCore']}/v1/bank-key`)).status).toBe(200)
    expect((await fetch(`${addresses['smsInbox']}/`)).status).toBe(200)
    expect(
      (await fetch(`${addresses['witness']}/pictures/0199f3a0-0000-7000-8000-000000000001`)).status,
    ).toBe(404)
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
  })

  it('ends when the process that started it is gone', async () => {
    const child = run()
    await addressesOf(child)
    child.disconnect()
    expect(await once(child, 'exit')).toEqual([0, null])
  })

  it('refuses a bad setting by name, with code 2 and without its value', async () => {
    for (const [name, value] of [
      ['ANQU_BANK_FAULT', 'hunter2'],
      ['ANQU_SMS_PROT', 'hunter2'],
      ['ANQU_WITNESS_DATABASE_URL', 'hunter2'],
    ] as const) {
      const child = run({ [name]: value })
      let text = ''
      child.stderr?.on('data', (data: Buffer) => (text += data.toString()))
      expect(await once(child, 'close')).toEqual([2, null])
      expect(text).toContain(name)
      expect(text).not.toContain('hunter2')
    }
  })

  it('starts with a fault switched on by a setting', async () => {
    const child = run({ ANQU_BANK_FAULT: 'slow:always:1' })
    const { bankCore } = await addressesOf(child)
    expect(await (await fetch(`${bankCore}/admin/faults`)).json()).toMatchObject({
      active: [{ fault: 'slow', times: 'always' }],
    })
    child.kill('SIGTERM')
    await once(child, 'exit')
  })
})
