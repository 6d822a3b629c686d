import { silentLog, uuidv7 } from '@anqu/platform'
import { FakeClock, testDatabase, type TestDatabase } from '@anqu/platform/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWitness } from './witness.ts'

const clock = new FakeClock()
let test: TestDatabase
let witness: Awaited<ReturnType<typeof createWitness>>
let url: string

beforeAll(async () => {
  test = await testDatabase()
  witness = await createWitness({
    db: test.db,
    clock,
    log: silentLog,
    listen: { host: '127.0.0.1', port: 0 },
  })
  url = await witness.start()
})
afterAll(async () => {
  await witness.stop()
  await test.drop()
})

const show = (body: object): Promise<Response> =>
  fetch(`${url}/pictures`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
const look = (id: string): Promise<Response> => fetch(`${url}/pictures/${id}`)

describe('witness', () => {
  it('says what a picture shows, and what it said once never changes', async () => {
    const id = uuidv7()
    expect((await show({ id, kind: 'captcha', shows: 'K7QF' })).status).toBe(201)
    await show({ id, kind: 'captcha', shows: 'OTHER' })
    expect(await (await look(id)).json()).toEqual({ kind: 'captcha', shows: 'K7QF' })
  })

  it('knows nothing about other pictures and takes no other kinds', async () => {
    expect((await look(uuidv7())).status).toBe(404)
    expect((await look('..%2f')).status).toBe(400)
    expect((await show({ id: uuidv7(), kind: 'password', shows: 'x' })).status).toBe(400)
    expect((await show({ id: uuidv7(), kind: 'captcha', shows: 'x', more: 1 })).status).toBe(400)
  })

  it('forgets a picture after an hour', async () => {
    const id = uuidv7()
    await show({ id, kind: 'keyboard', shows: '1234567890' })
    clock.advance(3_600_001)
    await show({ id: uuidv7(), kind: 'captcha', shows: 'NEXT' })
    expect((await look(id)).status).toBe(404)
  })
})
